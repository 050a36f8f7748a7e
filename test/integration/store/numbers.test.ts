import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rebuild } from '../../../store/rebuild/rebuild.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { dump } from '../../support/databases/dump.ts';
import { engines, openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { disorder, eventsOf, histories } from '../../support/histories/histories.ts';
import { differences } from '../../support/histories/series.ts';
import { empty, expected, scraped, storeBatch } from '../../support/histories/store.ts';
import { runs } from '../../support/run/properties.ts';

/** A history, the batches in which it arrives, and how many rollouts an evaluation loads at first. */
const arrivals = histories.chain(history =>
  fc.record({
    history: fc.constant(history),
    batches: disorder(history),
    entriesMax: fc.constantFrom(1, 2, 16),
  }),
);

describe.each(engines)('on %s', engine => {
  let store: TestDatabase<Database>;
  beforeAll(async () => {
    store = await openTestStore(engine);
  });
  afterAll(() => store.close());

  test('the numbers are the definitions’, whatever the order, the repetition and the batches', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ history, batches, entriesMax }) => {
        await empty(store.db);
        for (const batch of batches) await storeBatch(store.db, batch, { entriesMax });
        expect(differences(await scraped(store.db), expected(eventsOf(history)))).toEqual([]);
      }),
      { numRuns: runs(60) },
    );
  });

  test('the numbers are the definitions’ when two writers store the same services at once', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ history, batches }) => {
        await empty(store.db);
        const write = async (share: typeof batches) => {
          for (const batch of share) await storeBatch(store.db, batch);
        };
        const half = Math.ceil(batches.length / 2);
        // The second writer repeats the last batch of the first one.
        await Promise.all([write(batches.slice(0, half)), write(batches.slice(half - 1))]);
        expect(differences(await scraped(store.db), expected(eventsOf(history)))).toEqual([]);
      }),
      { numRuns: runs(30) },
    );
  });

  test('a rebuild from the raw events makes the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ history, batches }) => {
        await empty(store.db);
        for (const batch of batches) await storeBatch(store.db, batch);
        const before = await dump(store.db);
        const total = await rebuild(store.db, {
          attributionWindowMinutes: 60,
          sliceEvents: 7,
          lanes: engine === 'pglite' ? 1 : 2,
        });
        expect(total).toBe(history.length);
        expect(await dump(store.db)).toEqual(before);
      }),
      { numRuns: runs(20) },
    );
  });
});
