import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windows } from '../../../../../../domain/metrics/definitions.ts';
import { families } from '../../../../../../domain/metrics/families.ts';
import { compute } from '../../../../../../domain/metrics/interpret.ts';
import { measureNames, measureSet, metricMeasures } from '../../../../../../domain/metrics/measures.ts';
import { aggregatesOf, windowOf } from '../../../../../../services/metrics/live/aggregates.ts';
import {
  isUnchanged,
  windowAggregates,
  windowsOf,
} from '../../../../../../services/metrics/live/cache/window-aggregates.ts';
import { runs } from '../../../../../support/run/properties.ts';
import { daysAgo, gathered, hourMs, noon, observation, stream } from '../../memory-source.ts';

const rows = fc.array(
  fc.record({
    service: fc.nat(2),
    measure: fc.constantFrom(...measureNames),
    at: fc.integer({ min: daysAgo(100), max: noon + 2 * 24 * hourMs }),
    value: fc.nat(10 ** 9),
  }),
  { maxLength: 60 },
);
const two = measureSet('restored', 'lead_time');
const steps = fc.array(fc.integer({ min: 0, max: 3 * 24 * hourMs }), { maxLength: 5 });

test('what is kept of each window gives the numbers that the observations give', async () => {
  await fc.assert(
    fc.asyncProperty(rows, steps, async (all, later) => {
      const streams = [0, 1, 2].map(index => stream({ service: `s${index}` }));
      const columns = await gathered(
        streams,
        all.flatMap(({ service, measure, at, value }) => {
          const of = streams[service];
          return of ? [observation(of, measure, at, value)] : [];
        }),
      );
      let kept = columns.map(of => windowsOf(of, noon));
      let now = noon;
      for (const step of [0, ...later]) {
        now += step;
        kept = kept.map(of => (isUnchanged(of, of.observations, now) ? of : windowsOf(of.observations, now)));
        const cached = windowAggregates(kept);
        for (const [i, days] of windows.entries()) {
          const plain = aggregatesOf(columns, windowOf(days, now));
          const known = cached[i];
          expect(known?.days).toBe(plain.days);
          for (const set of [...metricMeasures.map(each => measureSet(each)), two]) {
            expect(known?.count(set)).toBe(plain.count(set));
            expect(known?.sum(set)).toBe(plain.sum(set));
            for (const rank of [0.5, 0.9]) expect(known?.quantile(rank, set)).toBe(plain.quantile(rank, set));
          }
          for (const { formula } of families.flatMap(({ series }) => series))
            expect(known && compute(formula, known)).toBe(compute(formula, plain));
        }
      }
    }),
    { numRuns: runs(60) },
  );
});

test('every measure that metrics are made of is counted, wherever it stands in the list', async () => {
  const of = stream();
  const columns = await gathered(
    [of],
    metricMeasures.map(measure => observation(of, measure, daysAgo(1), 1000)),
  );
  const [week] = windowAggregates(columns.map(each => windowsOf(each, noon)));
  for (const measure of metricMeasures) {
    const set = measureSet(measure);
    expect([measure, week?.count(set), week?.sum(set), week?.quantile(0.5, set)]).toEqual([
      measure,
      1,
      1000,
      1000,
    ]);
  }
});
