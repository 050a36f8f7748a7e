import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Measure, windows } from '../../../../../../domain/metrics/definitions.ts';
import { aggregatesOf, windowOf } from '../../../../../../services/metrics/live/aggregates.ts';
import {
  isUnchanged,
  windowAggregates,
  windowsOf,
} from '../../../../../../services/metrics/live/cache/window-aggregates.ts';
import { runs } from '../../../../../support/run/properties.ts';
import { daysAgo, gathered, hourMs, noon, observation, stream } from '../../memory-source.ts';

const measured = ['exposed', 'lead_time', 'restored'] as const satisfies readonly Measure[];
const rows = fc.array(
  fc.record({
    service: fc.nat(2),
    measure: fc.constantFrom(...measured),
    at: fc.integer({ min: daysAgo(100), max: noon + 2 * 24 * hourMs }),
    value: fc.nat(10 ** 9),
  }),
  { maxLength: 60 },
);
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
          for (const measure of measured) {
            expect(known?.count(measure)).toBe(plain.count(measure));
            expect(known?.sum(measure)).toBe(plain.sum(measure));
            for (const rank of [0.5, 0.9])
              expect(known?.quantile(rank, measure)).toBe(plain.quantile(rank, measure));
          }
          expect(known?.count('restored', 'lead_time')).toBe(plain.count('restored', 'lead_time'));
        }
      }
    }),
    { numRuns: runs(60) },
  );
});
