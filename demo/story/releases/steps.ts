import { minute } from '../calendar.ts';
import type { Habit } from '../company.ts';
import type { Random } from '../random.ts';
import { blend, type Release } from './state.ts';

/** A step of a progressive rollout. */
export interface Step {
  readonly weight: number;
  /** The time until the next step, in milliseconds. */
  readonly holdMs: number;
}

/** The steps of a rollout; a mature team waits less between them. */
export function stepsOf(habit: Habit, maturity: number, random: Random): readonly Step[] {
  const slowness = blend(1.6, 0.8, maturity);
  const step = (weight: number, minutes: number): Step => ({
    weight,
    holdMs: random.around(minutes * slowness * minute, 0.2),
  });
  switch (habit) {
    case 'canary':
      return [step(5, 10), step(25, 12), step(50, 15), step(100, 0)];
    case 'blue_green':
      return [step(10, 12), step(100, 0)];
    case 'ab_test':
      return [step(10, 20), step(50, 70), step(100, 0)];
    case 'flag':
      return [step(1, 20), step(10, 40), step(50, 60), step(100, 0)];
    case 'direct':
      return [step(100, 0)];
  }
}

/** Adds the exposures of the steps. @returns when the last step begins, and when it ends */
export function takeSteps(
  { events, change, rollout, at, rework, service }: Release,
  steps: readonly Step[],
  habit: Habit = 'canary',
): { readonly last: number; readonly end: number } {
  let [last, end] = [at, at];
  for (const { weight, holdMs } of steps) {
    events.exposed(end, { change, rollout, weight, strategy: habit, ...(rework && { rework }) });
    if (habit === 'flag')
      events.flagged(end, { flag: `${service.name}.${change.slice(0, 6)}`, variant: `${weight} %` });
    last = end;
    end += holdMs;
  }
  return { last, end };
}
