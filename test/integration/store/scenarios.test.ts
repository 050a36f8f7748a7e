import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../store/schema/tables.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { disorder } from '../../support/histories/histories.ts';
import { empty, scraped, storeBatch } from '../../support/histories/store.ts';
import { runs } from '../../support/run/properties.ts';
import { scenarios } from '../../support/scenarios/all.ts';
import { disagreements, eventsIn } from '../../support/scenarios/scenario.ts';

let store: TestDatabase<Database>;
beforeAll(async () => {
  store = await openTestStore('pglite');
});
afterAll(() => store.close());

describe.each(Object.entries(scenarios))('stored out of order, %s', (_subject, examples) => {
  test.each(examples)('$name', async scenario => {
    await fc.assert(
      fc.asyncProperty(disorder(eventsIn(scenario.history)), async batches => {
        await empty(store.db);
        for (const batch of batches) await storeBatch(store.db, batch);
        expect(disagreements(await scraped(store.db), scenario)).toEqual([]);
      }),
      { numRuns: runs(3) },
    );
  });
});
