import { hour, minute } from '../calendar.ts';
import type { Habit } from '../company.ts';
import { alertBy, rootBy } from '../words.ts';
import { addHotfix, addIncident } from './failures.ts';
import { blend, type Release } from './state.ts';
import { type Step, stepsOf, takeSteps } from './steps.ts';

/** A release whose traffic moves in steps. @returns when it ends */
export function releaseInSteps(one: Release, fails: boolean): number {
  const { service, practice, random, state } = one;
  // A service with flags releases every other change by a flag, and deploys the rest like the others.
  const habit = service.habit === 'flag' && state.releases % 2 === 0 ? 'canary' : service.habit;
  const steps = stepsOf(habit, practice.maturity, random);
  if (!fails) {
    state.goodRevision = habit === 'flag' ? state.goodRevision : one.change;
    return takeSteps(one, steps, habit).end;
  }
  const isContained = steps.length > 1 && random.chance(blend(0.75, 0.9, practice.maturity));
  return isContained ? abort(one, steps, habit) : rollBackAfterFullTraffic(one, steps, habit);
}

/** A contained failure: the analysis of a step fails, and traffic goes back within minutes. */
function abort(one: Release, steps: readonly Step[], habit: Habit): number {
  const { events, change, rollout, random, service } = one;
  const partial = steps.filter(({ weight }) => weight < 100);
  const taken = partial.slice(0, random.chance(0.65) ? 1 : random.whole(1, partial.length));
  const { last } = takeSteps(one, taken, habit);
  const weight = taken.at(-1)?.weight ?? 5;
  const detectedAt = last + random.around(4 * minute, 0.4);
  const rolledBackAt = detectedAt + random.around(2.2 * minute, 0.4);
  const resolvedAt = rolledBackAt + random.around(2.5 * minute, 0.4);
  const isAutomatic = random.chance(0.8);
  const incident = `${rollout}-slo`;
  const hasIncident = random.chance(0.7);
  const link = random.pick(['rollback', 'rollout', 'nothing'] as const);
  if (hasIncident) addIncident(one, detectedAt, resolvedAt, link === 'rollback' ? 'nothing' : link);
  events.rolledBack(rolledBackAt, {
    change,
    rollout,
    weight,
    cause: isAutomatic ? 'automatic' : 'manual',
    reason: isAutomatic ? `${alertBy(random, service.name)} at ${weight} %` : rootBy(random),
    ...(hasIncident && link === 'rollback' && { incident }),
  });
  if (habit === 'flag')
    events.flagged(rolledBackAt, { flag: `${service.name}.${change.slice(0, 6)}`, variant: 'off' });
  if (habit === 'flag') return resolvedAt;
  if (random.chance(0.4)) return retry(one, steps, habit, resolvedAt);
  return random.chance(0.3) ? addHotfix(one, resolvedAt + random.between(0.5, 2) * hour) : resolvedAt;
}

/** The abort was a false alarm: the same change is released again. */
function retry(one: Release, steps: readonly Step[], habit: Habit, after: number): number {
  const at = after + one.random.between(0.7, 3) * hour;
  one.state.goodRevision = one.change;
  return takeSteps({ ...one, rollout: `${one.rollout}-retry`, at }, steps, habit).end;
}

/** An escaped failure: it shows only at full traffic. */
function rollBackAfterFullTraffic(one: Release, steps: readonly Step[], habit: Habit): number {
  const { events, change, rollout, random, practice } = one;
  const { end } = takeSteps(one, steps, habit);
  const detectedAt = end + random.around(20 * minute, 0.4);
  const rolledBackAt = detectedAt + random.around(blend(18, 8, practice.maturity) * minute, 0.4);
  const resolvedAt = rolledBackAt + random.around(3 * minute, 0.4);
  addIncident(one, detectedAt, resolvedAt, random.pick(['nothing', 'rollout'] as const));
  events.rolledBack(rolledBackAt, { change, rollout, weight: 100, cause: 'manual', reason: rootBy(random) });
  return random.chance(0.5) ? addHotfix(one, resolvedAt + random.between(0.5, 2) * hour) : resolvedAt;
}
