import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Measure } from '../../../../../../domain/metrics/measures.ts';
import type { StreamColumns } from '../../../../../../services/metrics/live/columns.ts';
import type { PooledWeeks } from '../../../../../../services/metrics/report/cache/pooled-weeks.ts';
import { cachedServiceParts } from '../../../../../../services/metrics/report/cache/service-parts.ts';
import { type ReportMemory, weeklyReport } from '../../../../../../services/metrics/report/report.ts';
import { runs } from '../../../../../support/run/properties.ts';
import { daysAgo, gathered, hourMs, noon, observation, stream } from '../../memory-source.ts';

const production = { environment: 'production', service: null, team: null, weeks: 5 };
const streams = [0, 1, 2].map(index => stream({ service: `s${index}` }));

const someObservations = fc.array(
  fc.record({
    measure: fc.constantFrom<Measure>('exposed', 'lead_time', 'restored', 'contained'),
    at: fc.integer({ min: 0, max: 50 * 24 }).map(hours => noon - hours * hourMs),
    value: fc.integer({ min: 0, max: 400 }).map(hours => hours * hourMs),
  }),
  { maxLength: 12 },
);
const someOpen = fc.array(
  fc.integer({ min: 0, max: 40 }).map(days => daysAgo(days) - 1),
  { maxLength: 2 },
);

/** A service is replaced, or goes; later a report is made. */
const someChange = fc.record({
  service: fc.nat(2),
  observations: fc.option(someObservations),
  openSince: someOpen,
  laterMs: fc.nat(3 * 24 * hourMs),
});

function memoryOf(): ReportMemory {
  let pooled: PooledWeeks | null = null;
  return {
    serviceParts: cachedServiceParts(),
    get: () => pooled,
    set: fresh => {
      pooled = fresh;
    },
  };
}

test('a report with memory of the reports before is equal to one without', () =>
  fc.assert(
    fc.asyncProperty(
      fc.tuple(someObservations, someObservations, someObservations),
      fc.array(someChange, { maxLength: 6 }),
      async (first, changes) => {
        const memory = memoryOf();
        const known = new Map<number, StreamColumns>();
        const read = async (index: number, observations: (typeof first)[0], openSince: readonly number[]) => {
          const of = { ...(streams[index] ?? stream()), openSince: openSince.toSorted() };
          const [found] = await gathered(
            [of],
            observations.map(({ measure, at, value }) => observation(of, measure, at, value)),
          );
          if (found) known.set(index, found);
        };
        for (const [index, observations] of first.entries()) await read(index, observations, []);
        let now = noon;
        for (const change of [null, ...changes]) {
          if (change?.observations) await read(change.service, change.observations, change.openSince);
          else if (change) known.delete(change.service);
          now += change?.laterMs ?? 0;
          const all = [...known.values()];
          expect(weeklyReport(all, production, now, 'UTC', [], memory)).toEqual(
            weeklyReport(all, production, now, 'UTC'),
          );
        }
      },
    ),
    { numRuns: runs(60) },
  ));

test('weeks in which nothing has changed keep their numbers from the report before', async () => {
  const memory = memoryOf();
  const before = await gathered(streams, [
    observation(streams[0] ?? stream(), 'lead_time', daysAgo(20), hourMs),
  ]);
  const first = weeklyReport(before, production, noon, 'UTC', [], memory);
  const after = await gathered(streams, [
    observation(streams[0] ?? stream(), 'lead_time', daysAgo(20), hourMs),
    observation(streams[1] ?? stream(), 'lead_time', daysAgo(8), 2 * hourMs),
  ]);
  const second = weeklyReport(after, production, noon + 1, 'UTC', [], memory);
  const isKept = second.weeks.map((week, i) => week.numbers === first.weeks[i]?.numbers);
  expect(isKept).toEqual([true, true, true, false, false]);
});
