import { expect, test } from 'vitest';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../../../platform/database/migrate.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { dump } from '../../support/databases/dump.ts';
import { insertRows, migrateUpTo, rowsUnderFormerNames } from '../../support/databases/earlier-schema.ts';
import { engines, freshDatabase, openTestStore } from '../../support/databases/test-store.ts';
import { storeBatch } from '../../support/histories/store.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

const events = eventsIn(`
  05-18 10:00  change_exposed      change=c1 weight=5
  05-18 10:10  change_rolled_back  change=c1 cause=manual weight=5
  05-18 10:10  change_rolled_back  change=c1 cause=automatic
  05-18 10:20  change_rolled_back  change=c1 weight=50
  05-18 11:00  change_exposed      rollout=r2 artifact=v2 environment=staging
  05-18 11:30  change_rolled_back  rollout=r2 artifact=v2 environment=staging cause=manual
  05-18 12:00  change_exposed      artifact=v3 service=search
  05-18 12:10  change_rolled_back  artifact=v3 service=search
`);

test.each(engines)('on %s an earlier store learns why its rollouts were rolled back', async engine => {
  const fresh = await openTestStore(engine);
  await storeBatch(fresh.db, events);
  const wanted = await dump(fresh.db);
  expect(
    wanted['rollout']?.filter(row => String(row).includes('"cause":"automatic","rolled_back_from":5')),
  ).toHaveLength(1);

  const old = await freshDatabase<Database>(engine);
  await migrateUpTo(old.db, '2026-11-22-told-rollbacks');
  const { event: stored = [], ...derived } = await rowsUnderFormerNames(fresh.db);
  // Keys and digests were bytes. No migration computes with a digest.
  const event = stored.map(({ seq, body, key }) => {
    return { seq, body, key: `\\x${String(key).replaceAll('-', '')}`, digest: '\\x00000000' };
  });
  await insertRows(old.db, { ...derived, event });
  await migrate(old.db, migrations);
  expect(await dump(old.db)).toEqual(wanted);
  await old.close();
  await fresh.close();
});
