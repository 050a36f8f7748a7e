import { hour, minute } from '../story/calendar.ts';
import type { DemoService } from '../story/company.ts';
import { type DemoEvent, EventList } from '../story/event-list.ts';
import type { Random } from '../story/random.ts';
import { alertBy, flagBy, titleBy } from '../story/words.ts';

/** A step of a live change. */
export interface LiveStep {
  /** The time since the previous step, in milliseconds. */
  readonly afterMs: number;
  /** The events of the step. @param at their time, in milliseconds since 1970 */
  readonly eventsAt: (at: number) => readonly unknown[];
}

/** The outcome of a live change. With `misspelt`, the sender makes an error, and the server refuses its events. */
export type Outcome = 'good' | 'contained' | 'escaped' | 'flag' | 'misspelt';

/** The first changes show all outcomes; later, failures are as rare as in the story. */
export function outcomeOf(number: number, random: Random): Outcome {
  const firstOutcomes: readonly Outcome[] = ['good', 'contained', 'flag', 'good', 'misspelt'];
  const drawn = random.next();
  const outcome: Outcome =
    drawn < 0.055
      ? 'contained'
      : drawn < 0.06
        ? 'escaped'
        : drawn < 0.1
          ? 'flag'
          : drawn < 0.12
            ? 'misspelt'
            : 'good';
  return firstOutcomes[number] ?? outcome;
}

/** The pause before the next change, in milliseconds: some seconds at first, later a minute, so that numbers stay plausible. */
export function pauseBefore(number: number): number {
  return Math.min(60_000, 5_000 + 250 * number);
}

/**
 * The steps of a change that is exposed within half a minute. It was merged hours ago; only its exposure is fast.
 * @param name of the rollout, and part of the change's name; it must be unused
 */
export function stepsOfChange(
  service: DemoService,
  name: string,
  outcome: Outcome,
  random: Random,
): readonly LiveStep[] {
  const stepAfter = (seconds: number, addEvents: (events: EventList, at: number) => void): LiveStep => ({
    afterMs: seconds * 1_000,
    eventsAt: at => {
      const events = new EventList(service.name, service.team);
      addEvents(events, at);
      return events.all satisfies readonly DemoEvent[];
    },
  });
  const rollout = name;
  const change = `${name}-change`;
  const title = titleBy(random);
  const mergedAgo = random.around(1.8 * hour, 0.5);
  const createdAgo = mergedAgo + random.around(4 * hour, 0.6);
  const merged = stepAfter(0, (events, at) => {
    events.created(at - createdAgo, { change, title });
    events.merged(at - mergedAgo, { change, title, risk: random.pick(['low', 'medium', 'high'] as const) });
    events.exposed(at - Math.min(mergedAgo / 2, 20 * minute), { change, rollout, environment: 'staging' });
  });
  const exposed = (weight: number, seconds = random.between(3, 6)) =>
    stepAfter(seconds, (events, at) => events.exposed(at, { change, rollout, weight, strategy: 'canary' }));
  const incident = {
    incident: `${name}-slo`,
    rollout,
    severity: 'page',
    reason: alertBy(random, service.name),
  };
  const detected = stepAfter(4, (events, at) => events.detected(at, incident));
  const resolved = stepAfter(5, (events, at) => events.resolved(at, incident));
  const rolledBack = (weight: number, cause: 'automatic' | 'manual') =>
    stepAfter(3, (events, at) =>
      events.rolledBack(at, { change, rollout, weight, cause, reason: incident.reason }),
    );
  switch (outcome) {
    case 'good':
      return [merged, exposed(5), exposed(25), exposed(50), exposed(100)];
    case 'contained':
      return [merged, exposed(5), exposed(25), detected, rolledBack(25, 'automatic'), resolved];
    case 'escaped':
      return [merged, exposed(5), exposed(50), exposed(100), detected, rolledBack(100, 'manual'), resolved];
    case 'flag': {
      const flag = flagBy(random, service.name);
      return ['10 %', '50 %', 'on'].map((variant, index) =>
        stepAfter(index * 4, (events, at) => events.flagged(at, { flag, variant })),
      );
    }
    case 'misspelt':
      return [
        { afterMs: 0, eventsAt: () => [{ type: 'change_exposed', service: service.name, chnage: change }] },
      ];
  }
}
