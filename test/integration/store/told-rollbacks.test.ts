import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { up } from '../../../migrations/2026-11-22-told-rollbacks.ts';
import { engines, openTestStore } from '../../support/databases/databases.ts';
import { dump } from '../../support/databases/dump.ts';
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

test.each(engines)('on %s a record of before learns why its rollouts were rolled back', async engine => {
  const { db, close } = await openTestStore(engine);
  await storeBatch(db, events);
  const told = await dump(db);
  expect(
    told['rollout']?.filter(row => String(row).includes('"cause":"automatic","rolled_back_from":5')),
  ).toHaveLength(1);
  await sql`alter table rollout drop column cause, drop column rolled_back_from`.execute(db);
  await up(db);
  expect(await dump(db)).toEqual(told);
  await close();
});
