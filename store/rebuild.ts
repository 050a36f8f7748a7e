import { sql } from 'kysely';
import type { Event } from '../domain/event.ts';
import { derive, planAsWritten, servicesOf, wakeChannel } from './record.ts';
import { lockServices } from './services.ts';
import { keepBlameWindow } from './settings.ts';
import { derivedTables, type Store, type Transaction } from './tables.ts';

export interface RebuildOptions {
  /** What the record is to be computed with from now on. */
  readonly blameWindowMinutes: number;
  /** Events that are derived in one transaction. */
  readonly sliceEvents?: number;
  /** Called after each slice with the events derived so far. */
  readonly onProgress?: (events: number) => void;
}

const shadow = 'firstlight_rebuild';

/**
 * Makes every fact, relation and sample again from the raw events: in slices into shadow tables, which
 * take the place of the old ones in one last transaction. Until then readers and writers go on undisturbed;
 * a rebuild that is broken off leaves the record as it was.
 * @returns how many events were derived
 */
export async function rebuild(db: Store, options: RebuildOptions): Promise<number> {
  const target = await makeShadow(db);
  const slice = options.sliceEvents ?? 5_000;
  const blameWindowMs = options.blameWindowMinutes * 60_000;
  let last = 0;
  let total = 0;

  /** @returns whether there may be more */
  const deriveSlice = async (trx: Transaction): Promise<boolean> => {
    await planAsWritten(trx);
    const page = await sql<{ seq: number; body: Event }>`
      select seq, body from event where seq > ${last} order by seq limit ${slice}`.execute(trx);
    const events = page.rows.map(row => row.body);
    await sql`select set_config('search_path', ${`${shadow},${target}`}, true)`.execute(trx);
    const services = await lockServices(trx, servicesOf(events));
    await derive(trx, events, services, { blameWindowMs });
    last = page.rows.at(-1)?.seq ?? last;
    total += events.length;
    options.onProgress?.(total);
    return page.rows.length === slice;
  };

  // A slice left out by a writer that took its number early and commits late is found under the lock below.
  while (await db.transaction().execute(deriveSlice)) {}
  await db.transaction().execute(async trx => {
    // In the writers' own order: services first. Those under way finish, those to come wait for the new tables.
    await sql`lock table service, event in access exclusive mode`.execute(trx);
    while (await deriveSlice(trx)) {}
    await swap(trx, target);
    await sql`select set_config('search_path', ${target}, true)`.execute(trx);
    await keepBlameWindow(trx, options.blameWindowMinutes);
    await sql`select pg_notify(${wakeChannel}, '')`.execute(trx);
  });
  return total;
}

async function makeShadow(db: Store): Promise<string> {
  return db.transaction().execute(async trx => {
    const found = await sql<{ schema: string }>`select current_schema() as schema`.execute(trx);
    const target = found.rows[0]?.schema;
    if (target === undefined) throw new Error('the database has no schema to rebuild');
    await sql`drop schema if exists ${sql.id(shadow)} cascade`.execute(trx);
    await sql`create schema ${sql.id(shadow)}`.execute(trx);
    for (const table of derivedTables)
      await sql`create table ${sql.id(shadow, table)} (like ${sql.id(target, table)} including all)`.execute(
        trx,
      );
    return target;
  });
}

async function swap(trx: Transaction, target: string): Promise<void> {
  for (const table of derivedTables) {
    await sql`drop table ${sql.id(target, table)}`.execute(trx);
    await sql`alter table ${sql.id(shadow, table)} set schema ${sql.id(target)}`.execute(trx);
  }
  await sql`drop schema ${sql.id(shadow)}`.execute(trx);
}
