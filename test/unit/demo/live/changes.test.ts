import { expect, test } from 'vitest';
import { type Outcome, outcomeOf, pauseBefore, stepsOfChange } from '../../../../demo/live/changes.ts';
import { company } from '../../../../demo/story/company.ts';
import { Random } from '../../../../demo/story/random.ts';
import { faultsOf } from '../../../../domain/events/validate.ts';

const [service] = company(1);
if (!service) throw new Error('the company has no service');
const now = Date.UTC(2026, 4, 20, 12);

/** All events of a change, each at its time. */
function eventsOf(outcome: Outcome): Record<string, unknown>[] {
  let at = now;
  const steps = stepsOfChange(
    service as NonNullable<typeof service>,
    'checkout-live-1',
    outcome,
    new Random('live'),
  );
  return steps.flatMap(step => {
    at += step.afterMs;
    return step.eventsAt(at) as Record<string, unknown>[];
  });
}

test.each(['good', 'contained', 'escaped', 'flag'] as const)(
  'the events of a %s change are valid',
  outcome => {
    const events = eventsOf(outcome);
    expect(events.flatMap(faultsOf)).toEqual([]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  },
);

test('a change that fails is rolled back, and its incident resolved', () => {
  for (const outcome of ['contained', 'escaped'] as const) {
    const types = eventsOf(outcome).map(({ type }) => type);
    expect(types.slice(-3)).toEqual(['incident_detected', 'change_rolled_back', 'incident_resolved']);
  }
});

test('a contained change never has full traffic', () => {
  const weights = (outcome: Outcome) =>
    eventsOf(outcome)
      .filter(({ type, environment }) => type === 'change_exposed' && environment === undefined)
      .map(({ weight }) => weight);
  expect(weights('contained')).not.toContain(100);
  expect(weights('escaped')).toContain(100);
});

test('the events of a misspelt change are invalid', () => {
  expect(eventsOf('misspelt').flatMap(faultsOf)).not.toEqual([]);
});

test('the first changes show all outcomes, and later ones come more slowly', () => {
  const random = new Random('fates');
  const first = Array.from({ length: 5 }, (_, number) => outcomeOf(number, random));
  expect(first).toEqual(expect.arrayContaining(['good', 'contained', 'flag', 'misspelt']));
  expect(pauseBefore(0)).toBeLessThan(10_000);
  expect(pauseBefore(10_000)).toBe(60_000);
});
