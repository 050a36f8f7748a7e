import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayMs } from '../../../../../domain/metrics/definitions.ts';
import { measureSet } from '../../../../../domain/metrics/measures.ts';
import { aggregatesOf, windowOf } from '../../../../../services/metrics/live/aggregates.ts';
import { daysAgo, gathered, noon, observation, stream } from '../memory-source.ts';

const week = windowOf(7, noon);

function nearestRank(values: readonly number[], quantile: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.ceil(quantile * values.length) - 1] ?? null;
}

/** Observations of a few services, at timestamps around the window, given in any order. */
const someObservations = fc.array(
  fc.record({
    service: fc.nat(3),
    at: fc.integer({ min: daysAgo(9), max: noon + dayMs }),
    value: fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 10 ** 12 })),
  }),
  { maxLength: 200 },
);

describe('aggregates', () => {
  test('pool the observations of all services: count, sum and nearest-rank quantiles are those of one list', () =>
    fc.assert(
      fc.asyncProperty(someObservations, fc.constantFrom(0.5, 0.9, 0.01, 1), async (all, quantile) => {
        const streams = [0, 1, 2, 3].map(() => stream());
        const observations = all.flatMap(({ service, at, value }) => {
          const of = streams[service];
          return of ? [observation(of, 'lead_time', at, value)] : [];
        });
        const aggregates = aggregatesOf(await gathered(streams, observations), week);
        const inside = all.filter(({ at }) => week.from <= at && at < week.to).map(({ value }) => value);
        expect(aggregates.count(measureSet('lead_time'))).toBe(inside.length);
        expect(aggregates.sum(measureSet('lead_time'))).toBe(inside.reduce((sum, value) => sum + value, 0));
        expect(aggregates.quantile(quantile, measureSet('lead_time'))).toBe(nearestRank(inside, quantile));
      }),
    ));

  test('have exact quantiles of many observations, too', async () => {
    const streams = [stream(), stream()];
    const values = fc.sample(
      fc.oneof(fc.constant(0), fc.constant(60_000), fc.integer({ min: 0, max: 10 ** 10 })),
      { numRuns: 20_000, seed: 7 },
    );
    const observations = values.flatMap((value, i) => {
      const of = streams[i % 2];
      return of ? [observation(of, 'restored', daysAgo(1) + i, value)] : [];
    });
    const aggregates = aggregatesOf(await gathered(streams, observations), week);
    for (const quantile of [0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 1])
      expect(aggregates.quantile(quantile, measureSet('restored'))).toBe(nearestRank(values, quantile));
  });

  test('take several measures as one list', async () => {
    const of = stream();
    const observations = [
      observation(of, 'outage_recovered', daysAgo(2), 1000),
      observation(of, 'rollback_recovered', daysAgo(1), 3000),
      observation(of, 'rollback_recovered', daysAgo(3), 5000),
    ];
    const aggregates = aggregatesOf(await gathered([of], observations), week);
    expect(aggregates.count(measureSet('outage_recovered', 'rollback_recovered'))).toBe(3);
    expect(aggregates.sum(measureSet('outage_recovered', 'rollback_recovered'))).toBe(9000);
    expect(aggregates.quantile(0.5, measureSet('outage_recovered', 'rollback_recovered'))).toBe(3000);
  });

  test('include the first timestamp of the window and exclude the last', async () => {
    const of = stream();
    const timestamps = [daysAgo(7) - 1, daysAgo(7), noon - 1, noon, noon + 1];
    const aggregates = aggregatesOf(
      await gathered(
        [of],
        timestamps.map(at => observation(of, 'exposed', at)),
      ),
      week,
    );
    expect(aggregates.count(measureSet('exposed'))).toBe(2);
  });

  test('have no quantile without observations', async () => {
    const aggregates = aggregatesOf(await gathered([stream()], []), week);
    expect(aggregates.quantile(0.5, measureSet('lead_time'))).toBeNull();
    expect(aggregates.count(measureSet('lead_time'))).toBe(0);
  });
});
