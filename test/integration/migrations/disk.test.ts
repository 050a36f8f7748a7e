import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../../../platform/database/migrate.ts';
import { rebuild } from '../../../store/rebuild/rebuild.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { dump } from '../../support/databases/dump.ts';
import { engines, freshDatabase, openTestStore } from '../../support/databases/test-store.ts';
import { storeBatch } from '../../support/histories/store.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

const events = eventsIn(`
  05-18 09:00  change_created  change=c1
  05-18 09:10  change_merged   change=c1 artifact=shop:1
  05-18 10:00  change_exposed  rollout=r1 artifact=shop:1
  05-18 11:00  change_merged   change=c2
  05-18 12:00  change_exposed  rollout=r2 change=c2
`);
const half = 3;

const bytes = (digits: string) => Buffer.from(digits, 'hex').subarray(0, 16);
const keyOf = ({ event }: IdentifiedEvent) =>
  bytes(createHash('sha256').update(`${event.source}\0${event.id}`).digest('hex'));

test.each(engines)('on %s an earlier store goes on in less space', async engine => {
  const { db, close } = await freshDatabase<Database>(engine);
  const before = Object.entries(migrations).filter(([name]) => name < '2026-11-24');
  await migrate(db, Object.fromEntries(before));
  for (const event of events.slice(0, half))
    await sql`insert into event (key, digest, body)
      values (${keyOf(event)}, ${bytes(event.digest)}, ${JSON.stringify(event.event)}::json)`.execute(db);
  await sql`insert into service (name) values ('checkout')`.execute(db);
  await sql`insert into label (service_id, name, created_at, merged_at, rework)
    values (1, 'old', 5, 7, true), (1, 'über', null, null, false)`.execute(db);
  await migrate(db, migrations);

  expect((await dump(db))['revision']).toEqual([
    JSON.stringify({ service: 'checkout', name: 'old', created_at: 5, merged_at: 7, rework: true }),
    JSON.stringify({ service: 'checkout', name: 'über', created_at: null, merged_at: null, rework: false }),
  ]);
  const other = { ...(events[0] as IdentifiedEvent), digest: 'f'.repeat(64) };
  expect(await storeBatch(db, [...events, other])).toMatchObject({
    stored: events.length - half,
    repeated: half,
    conflicting: 1,
  });
  const ids = await sql<{ id: number }>`select id from revision order by id`.execute(db);
  expect(ids.rows.map(row => row.id).slice(0, 3)).toEqual([1, 2, 3]);

  expect(await rebuild(db, { attributionWindowMinutes: 60, sliceEvents: 2 })).toBe(events.length);
  const fresh = await openTestStore(engine);
  await storeBatch(fresh.db, events);
  expect(await dump(db)).toEqual(await dump(fresh.db));
  await fresh.close();
  await close();
});
