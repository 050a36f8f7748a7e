import { expect, test } from 'vitest';
import { company } from '../../../demo/company.ts';
import { type Fate, fateOf, lifeOf, pauseBefore } from '../../../demo/live.ts';
import { Random } from '../../../demo/random.ts';
import { faultsOf } from '../../../domain/events/validate.ts';

const [service] = company(1);
if (!service) throw new Error('the company has no service');
const now = Date.UTC(2026, 4, 20, 12);

/** Everything that is said, each beat at its time. */
function told(fate: Fate): Record<string, unknown>[] {
  let at = now;
  const beats = lifeOf(service as NonNullable<typeof service>, 'checkout-live-1', fate, new Random('live'));
  return beats.flatMap(beat => {
    at += beat.after;
    return beat.say(at) as Record<string, unknown>[];
  });
}

test.each(['good', 'contained', 'escaped', 'flag'] as const)('a %s change tells valid events', fate => {
  const events = told(fate);
  expect(events.flatMap(faultsOf)).toEqual([]);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});

test('a change that fails is rolled back, and its incident resolved', () => {
  for (const fate of ['contained', 'escaped'] as const) {
    const types = told(fate).map(({ type }) => type);
    expect(types.slice(-3)).toEqual(['incident_detected', 'change_rolled_back', 'incident_resolved']);
  }
});

test('a contained one never reached everybody', () => {
  const weights = (fate: Fate) =>
    told(fate)
      .filter(({ type, environment }) => type === 'change_exposed' && environment === undefined)
      .map(({ weight }) => weight);
  expect(weights('contained')).not.toContain(100);
  expect(weights('escaped')).toContain(100);
});

test('a misspelt one is refused', () => {
  expect(told('misspelt').flatMap(faultsOf)).not.toEqual([]);
});

test('the first changes show all that can happen, and later ones come more slowly', () => {
  const random = new Random('fates');
  const first = Array.from({ length: 5 }, (_, number) => fateOf(number, random));
  expect(first).toEqual(expect.arrayContaining(['good', 'contained', 'flag', 'misspelt']));
  expect(pauseBefore(0)).toBeLessThan(10_000);
  expect(pauseBefore(10_000)).toBe(60_000);
});
