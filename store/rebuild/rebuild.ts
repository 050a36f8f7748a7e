import { sql } from 'kysely';
import type { Event } from '../../domain/events/event.ts';
import { saveAttributionWindow } from '../schema/settings.ts';
import { derivedTables, type Store, type Transaction } from '../schema/tables.ts';
import { planAsWritten } from '../sql/planner.ts';
import { notify } from '../write/change-notification.ts';
import { lockServices } from '../write/services.ts';
import { derive, servicesOf } from '../write/store-events.ts';
import { ServiceByService, type Share } from './service-by-service.ts';

export interface RebuildOptions {
  /** What the record is to be computed with from now on. */
  readonly attributionWindowMinutes: number;
  /** Events that are derived in one transaction. */
  readonly sliceEvents?: number;
  /** Connections that derive at the same time, each its own services; PGlite has one only. Default 1. */
  readonly lanes?: number;
  /** Called after each slice with the events derived so far; what it returns is waited for. */
  readonly onProgress?: (events: number) => unknown;
}

const shadow = 'firstlight_rebuild';

/**
 * Makes every fact, relation and observation again from the raw events: in slices into shadow tables, which
 * take the place of the old ones in one last transaction. Until then readers and writers go on undisturbed;
 * a rebuild that is broken off leaves the record as it was.
 * @returns how many events were derived
 * @throws {Error} when another rebuild of this record is under way
 */
export async function rebuild(db: Store, options: RebuildOptions): Promise<number> {
  return alone(db, connection => rebuildOn(connection, db, options));
}

/** @param db the connection that holds the lock @param pool where the other lanes take theirs from */
async function rebuildOn(db: Store, pool: Store, options: RebuildOptions): Promise<number> {
  const target = await makeShadow(db);
  // Where no vacuum has been, in PGlite everywhere, the index over the numbers knows nothing of the events yet.
  await sql`select brin_summarize_new_values('event_seq')`.execute(db);
  const slice = options.sliceEvents ?? 10_000;
  const lanes = options.lanes ?? 1;
  const attributionWindowMs = options.attributionWindowMinutes * 60_000;
  let last = 0;
  let total = 0;

  const deriveSlice = async (trx: Transaction, events: readonly Event[]): Promise<void> => {
    await planAsWritten(trx);
    // What a crash could lose is thrown away by the next rebuild anyway.
    await sql`select set_config('search_path', ${`${shadow},${target}`}, true),
      set_config('synchronous_commit', 'off', true)`.execute(trx);
    const locked = await lockServices(trx, servicesOf(events));
    await derive(trx, events, locked, { attributionWindowMs, entriesMax });
    total += events.length;
    await options.onProgress?.(total);
  };

  let broken = false;
  const deriveShare = async (connection: Store, share: Share): Promise<void> => {
    const pages = new ServiceByService(connection);
    try {
      await pages.open(share);
      for (let more = true; more && !broken; )
        more = await connection.transaction().execute(async trx => {
          const events = await pages.take(trx, slice);
          if (events.length > 0) await deriveSlice(trx, events);
          return events.length > 0;
        });
    } catch (error) {
      broken = true;
      throw error;
    } finally {
      await pages.close();
    }
  };

  // Writers go on meanwhile: as long as that catches up with them, it goes on, too.
  for (let missing = Infinity; ; ) {
    const upTo = await committedUpTo(db);
    if (upTo - last <= slice || upTo - last >= missing) break;
    missing = upTo - last;
    const shareOf = (lane: number) => ({ schema: target, after: last, upTo, lane, lanes });
    const others = Array.from({ length: lanes - 1 }, (_, index) =>
      pool.connection().execute(connection => deriveShare(connection, shareOf(index + 1))),
    );
    const outcomes = await Promise.allSettled([deriveShare(db, shareOf(0)), ...others]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    last = upTo;
  }
  await db.transaction().execute(async trx => {
    // In the writers' own order: services first. Those under way finish, those to come wait for the new tables.
    await sql`lock table service, event in access exclusive mode`.execute(trx);
    for (let page = await pageAfter(trx, target, last, slice); page.events.length > 0; ) {
      await deriveSlice(trx, page.events);
      page = await pageAfter(trx, target, page.last, slice);
    }
    await swap(trx, target);
    await sql`select set_config('search_path', ${target}, true), set_config('synchronous_commit', 'on', true)`.execute(
      trx,
    );
    await saveAttributionWindow(trx, options.attributionWindowMinutes);
    await notify(trx, { invalidated: null, receivedAt: null });
  });
  return total;
}

/** Rollouts of a stream that are loaded at once: a slice may hold years of one service. */
const entriesMax = 256;

async function pageAfter(trx: Transaction, target: string, last: number, limit: number) {
  // The index over the numbers is one that only a bitmap scan reads.
  await sql`select set_config('enable_bitmapscan', 'on', true), set_config('enable_seqscan', 'off', true)`.execute(
    trx,
  );
  const page = await sql<{ seq: number; body: Event }>`
    select seq, body from ${sql.id(target, 'event')} where seq > ${last} order by seq limit ${limit}`.execute(
    trx,
  );
  return { events: page.rows.map(row => row.body), last: page.rows.at(-1)?.seq ?? last };
}

/** Holds a lock of the database for as long as the work takes: two rebuilds would share their shadow tables. */
async function alone<T>(db: Store, work: (connection: Store) => Promise<T>): Promise<T> {
  return db.connection().execute(async connection => {
    const key = sql`hashtext(${shadow})`;
    const taken = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${key}) as taken`.execute(
      connection,
    );
    if (taken.rows[0]?.taken !== true)
      throw new Error('another rebuild of this record is under way: wait until it is done, or stop it');
    try {
      return await work(connection);
    } finally {
      // A connection that is lost has let go of the lock.
      await sql`select pg_advisory_unlock(${key})`.execute(connection).catch(() => {});
    }
  });
}

/**
 * The number up to which nothing can be added to the raw events any more. Numbers are taken before they are
 * committed, so a reader may find 7 and miss 6; the lock waits for those who have taken one.
 */
async function committedUpTo(db: Store): Promise<number> {
  return db.transaction().execute(async trx => {
    await sql`lock table event in share mode`.execute(trx);
    const found = await sql<{ last: number }>`
      select case when is_called then last_value else 0 end as last from event_seq_seq`.execute(trx);
    return found.rows[0]?.last ?? 0;
  });
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
    const indexes = await indexNames(trx, target, table);
    await sql`drop table ${sql.id(target, table)}`.execute(trx);
    await sql`alter table ${sql.id(shadow, table)} set schema ${sql.id(target)}`.execute(trx);
    for (const { made, wanted } of indexes)
      await sql`alter index ${sql.id(target, made)} rename to ${sql.id(wanted)}`.execute(trx);
  }
  await sql`drop schema ${sql.id(shadow)}`.execute(trx);
}

/** Indexes of a shadow table that were given another name than those they take the place of: migrations know theirs. */
async function indexNames(trx: Transaction, target: string, table: string) {
  const indexesOf = (schema: string) => sql`
    select relname::text as name, indkey::text as columns, indisunique, pg_get_expr(indpred, indrelid) as predicate
    from pg_index join pg_class on pg_class.oid = indexrelid
    where indrelid = format('%I.%I', ${schema}::text, ${table}::text)::regclass`;
  const found = await sql<{ made: string; wanted: string }>`
    select made.name as made, wanted.name as wanted
    from (${indexesOf(shadow)}) as made join (${indexesOf(target)}) as wanted
      on made.columns = wanted.columns and made.indisunique = wanted.indisunique
      and made.predicate is not distinct from wanted.predicate
    where made.name <> wanted.name`.execute(trx);
  return found.rows;
}
