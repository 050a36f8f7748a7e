import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import type { Database, Store } from '../../../store/schema/tables.ts';
import { engines, openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { disorder, histories } from '../../support/histories/histories.ts';
import { empty, snapshotOf, storeBatch } from '../../support/histories/store.ts';
import { runs } from '../../support/run/properties.ts';

const arrivals = histories.chain(history => disorder(history));

const streamsOf = (snapshot: Snapshot) => new Set(String(snapshot.text).split('\n'));

async function fresh(db: Store): Promise<Set<string>> {
  const snapshot = snapshotOf(db);
  await snapshot.start();
  await snapshot.stop();
  return streamsOf(snapshot);
}

describe.each(engines)('on %s', engine => {
  let store: TestDatabase<Database>;
  beforeAll(async () => {
    store = await openTestStore(engine);
  });
  afterAll(() => store.close());

  test('what is shown after each batch is what a snapshot shows that reads everything', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async batches => {
        await empty(store.db);
        const snapshot = snapshotOf(store.db, { readEveryMs: 0, reloadEveryMs: Number.POSITIVE_INFINITY });
        await snapshot.start();
        try {
          for (const batch of batches) {
            const { invalidated } = await storeBatch(store.db, batch);
            snapshot.invalidate(invalidated, null);
            await snapshot.refreshed();
            // Services keep the order in which they came.
            expect(streamsOf(snapshot).symmetricDifference(await fresh(store.db))).toEqual(new Set());
          }
        } finally {
          await snapshot.stop();
        }
      }),
      { numRuns: runs(15), endOnFailure: true },
    );
  });
});
