import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import { seriesKey } from '../../../domain/reference.ts';
import { storeSource } from '../../../services/metrics/live/source.ts';
import { Scorecards } from '../../../services/metrics/scorecard/scorecards.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { engines, openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { disorder, eventsOf, histories, now } from '../../support/histories/histories.ts';
import { bruteScorecard } from '../../support/histories/scorecard.ts';
import { empty, expected, storeBatch } from '../../support/histories/store.ts';
import { runs } from '../../support/run/properties.ts';

const arrivals = histories.chain(history =>
  fc.record({
    history: fc.constant(history),
    batches: disorder(history),
    days: fc.constantFrom(1, 30, 300),
  }),
);

describe.each(engines)('on %s', engine => {
  let store: TestDatabase<Database>;
  beforeAll(async () => {
    store = await openTestStore(engine);
  });
  afterAll(() => store.close());

  test('the scorecard is that of the definitions, whatever the order of events and of questions', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ history, batches, days }) => {
        await empty(store.db);
        const events = eventsOf(history);
        const scorecards = new Scorecards({ source: storeSource(store.db), now: () => now });
        const ask = (environment: string, service: string | null) =>
          scorecards.of({ environment, service, team: null }, { from: now - days * dayMs, to: now });
        const half = Math.ceil(batches.length / 2);
        for (const [i, batch] of batches.entries()) {
          const { invalidated } = await storeBatch(store.db, batch);
          scorecards.invalidate([...invalidated.keys()]);
          if (i === half) await ask('production', null);
        }
        const period = { from: now - days * dayMs, to: now };
        for (const environment of ['production', 'staging'])
          for (const service of [null, 'checkout', 'search'])
            expect((await ask(environment, service)).overall).toEqual(
              bruteScorecard(events, environment, service, period),
            );
      }),
      { numRuns: runs(25), endOnFailure: true },
    );
  });

  test('the scorecard and the metrics agree on the numbers that both have', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async history => {
        await empty(store.db);
        await storeBatch(store.db, history);
        const numbers = expected(eventsOf(history));
        const scorecards = new Scorecards({ source: storeSource(store.db), now: () => now });
        const query = { environment: 'production', service: null, team: null };
        const { overall } = await scorecards.of(query, { from: now - 30 * dayMs, to: now });
        const labels = { environment: 'production', window: '30d' };
        const number = (name: string, more = {}) =>
          numbers.get(seriesKey(`dora_fleet_${name}`, { ...labels, ...more }));
        expect(overall.exposed).toBe(number('exposed_changes') ?? 0);
        const { contained, escaped } = overall.aborts;
        expect(contained).toBe(number('rolled_back_changes', { containment: 'contained' }) ?? 0);
        expect(escaped).toBe(number('rolled_back_changes', { containment: 'escaped' }) ?? 0);
        expect(overall.progressiveRatio).toBe(number('progressive_ratio') ?? null);
        expect(overall.failedExposure.seconds).toBe(number('failed_exposure_seconds') ?? 0);
      }),
      { numRuns: runs(15), endOnFailure: true },
    );
  });
});
