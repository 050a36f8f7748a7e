import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timestampOf } from '../../../domain/delivery/facts.ts';
import { defaultEnvironment, type Event } from '../../../domain/events/event.ts';
import { windows } from '../../../domain/metrics/definitions.ts';
import { countedRollouts, reference, seriesKey } from '../../../domain/reference.ts';
import { loadHistory, openMetricsText } from '../../../services/metrics/export/openmetrics.ts';
import { storeSource } from '../../../services/metrics/live/source.ts';
import type { Database, Store } from '../../../store/schema/tables.ts';
import { engines, openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { eventsOf, histories, now } from '../../support/histories/histories.ts';
import { differences } from '../../support/histories/series.ts';
import { attributionWindowMs, empty, scraped, storeBatch } from '../../support/histories/store.ts';
import { seriesAt, windowDifferences } from '../../support/monitoring/exports.ts';
import { runs } from '../../support/run/properties.ts';

const hour = 3_600_000;
const day = 24 * hour;

async function exported(db: Store, steps: { first: number; every: number; count: number }): Promise<string> {
  const history = await loadHistory(storeSource(db), steps);
  return (await Array.fromAsync(openMetricsText(history, {}))).join('');
}

/** Incidents that were open at a time, by the series that counts them; by brute force. */
function openAt(events: readonly Event[], timestamp: number): Map<string, number> {
  const open = new Map<string, number>();
  const own = events.filter(
    event => event.type === 'incident_detected' || event.type === 'incident_resolved',
  );
  const keyOf = (event: (typeof own)[number]) =>
    JSON.stringify([event.service, event.environment ?? defaultEnvironment, event.incident]);
  for (const [key, ofIncident] of Map.groupBy(own, keyOf)) {
    const [, environment = ''] = JSON.parse(key) as string[];
    const times = (type: string) => ofIncident.filter(event => event.type === type).map(timestampOf);
    const detected = times('incident_detected');
    if (detected.length === 0) continue;
    const resolved = Math.max(-Infinity, ...times('incident_resolved'));
    const isIn = (from: number, to: number) => from < timestamp && timestamp <= to;
    const isOpen =
      isIn(Math.min(...detected), resolved === -Infinity ? Infinity : resolved) ||
      (Math.max(...detected) > resolved && isIn(Math.max(...detected), Infinity));
    const series = seriesKey('dora_fleet_open_incidents', { environment });
    if (isOpen) open.set(series, (open.get(series) ?? 0) + 1);
  }
  return open;
}

describe.each(engines)('on %s', engine => {
  let store: TestDatabase<Database>;
  beforeAll(async () => {
    store = await openTestStore(engine);
  });
  afterAll(() => store.close());

  test('an export shows at each time what the definitions say of that time', async () => {
    const steps = { first: now - 36 * hour, every: 9 * hour, count: 5 };
    await fc.assert(
      fc.asyncProperty(histories, async history => {
        await empty(store.db);
        await storeBatch(store.db, history);
        const events = eventsOf(history);
        const text = await exported(store.db, steps);
        for (let step = 0; step < steps.count; step++) {
          const timestamp = steps.first + step * steps.every;
          const got = seriesAt(timestamp, text);
          const wanted = reference(events, { now: timestamp, windowDays: windows, attributionWindowMs });
          expect(windowDifferences(got, wanted)).toEqual([]);
          const open = new Map([...got].filter(([key, n]) => key.startsWith('dora_fleet_open') && n > 0));
          expect(open).toEqual(openAt(events, timestamp));
        }
      }),
      { numRuns: runs(engine === 'pglite' ? 25 : 10), endOnFailure: true },
    );
  });

  test('the end of an export is what a scrape shows', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async history => {
        await empty(store.db);
        const past = history.filter(({ event }) => timestampOf(event) < now);
        await storeBatch(store.db, past);
        const text = await exported(store.db, { first: now - 5 * day, every: day, count: 6 });
        expect(differences(seriesAt(now, text), await scraped(store.db))).toEqual([]);
      }),
      { numRuns: runs(10), endOnFailure: true },
    );
  });

  test('counters grow as rollouts were exposed and rolled back', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async history => {
        await empty(store.db);
        await storeBatch(store.db, history);
        const steps = { first: now - 48 * hour, every: 4 * hour, count: 12 };
        const text = await exported(store.db, steps);
        // The counters hold these and the returns of older versions.
        const rollouts = countedRollouts(eventsOf(history)).flatMap(stream =>
          stream.environment === 'production' ? stream.rollouts : [],
        );
        const series = (outcome: string) =>
          seriesKey('dora_fleet_rollouts_total', { environment: 'production', outcome });
        let before = 0;
        for (let step = 0; step < steps.count; step++) {
          const timestamp = steps.first + step * steps.every;
          const got = seriesAt(timestamp, text);
          const exposed = got.get(series('exposed')) ?? 0;
          expect(exposed).toBeGreaterThanOrEqual(
            rollouts.filter(rollout => rollout.exposedAt < timestamp).length,
          );
          expect(got.get(series('rolled_back')) ?? 0).toBeGreaterThanOrEqual(before);
          expect(got.get(series('rolled_back')) ?? 0).toBeLessThanOrEqual(exposed);
          before = got.get(series('rolled_back')) ?? 0;
        }
      }),
      { numRuns: runs(8), endOnFailure: true },
    );
  });
});
