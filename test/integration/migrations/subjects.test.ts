import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Event } from '../../../domain/events/event.ts';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../../../platform/database/migrate.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { engines, freshDatabase } from '../../support/databases/test-store.ts';
import { empty, storeBatch } from '../../support/histories/store.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

const history = eventsIn(`
  05-18 09:00:00.123  change_created      change=acme/shop#1
  05-18 09:01  change_merged       change=acme/shop#1 artifact=a1,a2
  05-18 10:00  change_exposed      rollout=r1 change=acme/shop#1 weight=5
  05-18 10:10  change_exposed      changes=c2,c3
  05-18 10:20  change_exposed      artifact=übung:😀'"\\
  05-18 10:30  change_rolled_back  rollout=r1
  05-18 10:40  change_rolled_back  artifact=a1
  05-18 10:50  incident_detected   incident=i1
  05-18 11:00  incident_resolved   incident=i1
  05-18 11:10:00.007  flag_changed  flag=f1 variant=on
`);

const keyOf = (id: string) => createHash('sha256').update(id).digest().subarray(0, 16);

test.each(engines)('on %s earlier events get the subject hashes that new ones have', async engine => {
  const { db, close } = await freshDatabase<Database>(engine);
  const subjects = async () => {
    const found = await sql`select subject_hash, flag_at, body->>'id' as id from event order by seq`.execute(
      db,
    );
    return found.rows;
  };
  const { '2026-11-22-subjects': _later, ...before } = migrations;
  await migrate(
    db,
    Object.fromEntries(Object.entries(before).filter(([name]) => name < '2026-11-22-subjects')),
  );
  const ownerless = { ...history.at(-1)?.event, id: 'ownerless', service: undefined };
  for (const event of [...history.map(one => one.event), ownerless])
    await sql`insert into event (key, digest, body)
      values (${keyOf(event.id ?? '')}, ${Buffer.from('x')}, ${JSON.stringify(event)}::json)`.execute(db);
  await migrate(db, migrations);
  const backfilled = await subjects();
  expect(backfilled).toHaveLength(11);
  expect(backfilled.filter(row => (row as { flag_at: unknown }).flag_at !== null)).toHaveLength(2);
  await empty(db);
  const one = history.at(-1);
  const { service: _service, ...flag } = { ...one?.event, id: 'ownerless' } as Record<string, unknown>;
  await storeBatch(db, history);
  await storeBatch(db, [{ digest: 'a'.repeat(64), event: flag as unknown as Event }]);
  const byId = (rows: unknown[]) => Object.fromEntries(rows.map(row => [(row as { id: string }).id, row]));
  expect(byId(await subjects())).toEqual(byId(backfilled));
  await close();
});
