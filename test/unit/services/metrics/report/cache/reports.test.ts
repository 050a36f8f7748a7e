import fc from 'fast-check';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { Measure } from '../../../../../../domain/metrics/measures.ts';
import { History } from '../../../../../../services/metrics/live/cache/history.ts';
import { Snapshot } from '../../../../../../services/metrics/live/snapshot.ts';
import { Reports } from '../../../../../../services/metrics/report/cache/reports.ts';
import { readReport } from '../../../../../../services/metrics/report/read-report.ts';
import type { ReportQuery } from '../../../../../../services/metrics/report/report.ts';
import { runs } from '../../../../../support/run/properties.ts';
import { daysAgo, hourMs, MemorySource, noon, observation, stream } from '../../memory-source.ts';

const everything: ReportQuery = { environment: 'production', service: null, team: null, weeks: 5 };
const queries: readonly ReportQuery[] = [
  everything,
  { ...everything, weeks: 30 },
  { ...everything, service: 's1' },
  { ...everything, team: 'red', weeks: 2 },
];

function reportsOf(source: MemorySource) {
  const clock = { now: noon };
  const now = () => clock.now;
  const registry = new Registry();
  const snapshot = new Snapshot({ source, registry, now, onError: () => {}, readEveryMs: 0 });
  const history = new History({ snapshot, source, now });
  snapshot.onInvalidation(invalidated => history.invalidate(invalidated));
  const sources = { snapshot, source, history, timezone: 'UTC', now };
  return { reports: new Reports(sources), sources, snapshot, clock };
}

const change = fc.record({
  index: fc.nat(2),
  measure: fc.constantFrom<Measure>('exposed', 'lead_time', 'restored', 'contained'),
  at: fc.integer({ min: daysAgo(200), max: noon }),
  value: fc.integer({ min: 0, max: 300 * hourMs }),
  laterMs: fc.nat(2 * 24 * hourMs),
});

test('a kept report is the report that is read anew, after every change', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 6 }), async changes => {
      const source = new MemorySource();
      source.streams = [0, 1, 2].map(index =>
        stream({ service: `s${index}`, team: index === 0 ? 'red' : 'blue', exposedTotal: 1 }),
      );
      const { reports, sources, snapshot, clock } = reportsOf(source);
      await snapshot.start();
      try {
        for (const { index, measure, at, value, laterMs } of changes) {
          const of = source.streams[index] ?? stream();
          source.observations.push(observation(of, measure, at, value));
          clock.now += laterMs;
          snapshot.invalidate(new Map([[of.service, at]]), null);
          await snapshot.refreshed();
          for (const query of queries)
            expect(await reports.report(query)).toEqual(await readReport(sources, query));
        }
      } finally {
        await snapshot.stop();
      }
    }),
    { numRuns: runs(20) },
  );
});

test('an answer is made once per version of the snapshot, and again after a failure', async () => {
  const { reports, snapshot } = reportsOf(new MemorySource());
  await snapshot.start();
  let made = 0;
  const make = async () => {
    made += 1;
    if (made === 1) throw new Error('away');
    return made;
  };
  await expect(reports.once('key', make)).rejects.toThrow('away');
  expect(await Promise.all([reports.once('key', make), reports.once('key', make)])).toEqual([2, 2]);
  snapshot.invalidate(null, null);
  await snapshot.refreshed();
  expect(await reports.once('key', make)).toBe(3);
  await snapshot.stop();
});
