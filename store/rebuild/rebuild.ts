import { sql } from 'kysely';
import type { Event } from '../../domain/events/event.ts';
import { must } from '../../domain/must.ts';
import { saveAttributionWindow } from '../schema/settings.ts';
import type { Store, Transaction } from '../schema/tables.ts';
import { planAsWritten } from '../sql/planner.ts';
import { statement } from '../sql/statement.ts';
import { notify } from '../write/change-notification.ts';
import { lockServices } from '../write/services.ts';
import { derive, servicesOf } from '../write/store-events.ts';
import { ServiceByService, type Share } from './service-by-service.ts';
import { makeShadowTables, swapShadowTables, useShadowTables } from './shadow-tables.ts';

export interface RebuildOptions {
  /** The attribution window from now on. */
  readonly attributionWindowMinutes: number;
  /** Events that are derived in one transaction. Default 10,000. */
  readonly sliceEvents?: number;
  /** Connections that derive at the same time, each its own services. Default 1; PGlite has only one. */
  readonly lanes?: number;
  /** Called after each slice with the number of events derived so far, and awaited. */
  readonly onProgress?: (events: number) => unknown;
}

/**
 * Derives all facts, relations and observations again from the raw events: in slices into shadow tables, which take the
 * place of the derived tables in one last transaction. Readers and writers go on until then, and a rebuild that is broken
 * off changes nothing.
 * @returns how many events were derived
 * @throws {Error} when another rebuild of this database is under way
 */
export async function rebuild(db: Store, options: RebuildOptions): Promise<number> {
  return withRebuildLock(db, connection => rebuildOn(connection, db, options));
}

/**
 * @param db the connection that holds the lock
 * @param pool gives the connections of the other lanes
 */
async function rebuildOn(db: Store, pool: Store, options: RebuildOptions): Promise<number> {
  const schema = await makeShadowTables(db);
  // Where no vacuum has run, in PGlite everywhere, the index on `seq` does not cover the newest events.
  await statement('rebuild.summarize-events')`select brin_summarize_new_values('event_seq')`.execute(db);
  const slice = options.sliceEvents ?? 10_000;
  const lanes = options.lanes ?? 1;
  const attributionWindowMs = options.attributionWindowMinutes * 60_000;
  let total = 0;
  let isBroken = false;

  const deriveSlice = async (trx: Transaction, events: readonly Event[]): Promise<void> => {
    await planAsWritten(trx);
    await useShadowTables(trx, schema);
    const services = await lockServices(trx, servicesOf(events));
    await derive(trx, events, services, { attributionWindowMs, entriesMax });
    total += events.length;
    await options.onProgress?.(total);
  };

  const deriveShare = async (connection: Store, share: Share): Promise<void> => {
    const pages = new ServiceByService(connection);
    try {
      await pages.open(share);
      for (let hasMore = true; hasMore && !isBroken; )
        hasMore = await connection.transaction().execute(async trx => {
          const events = await pages.take(trx, slice);
          if (events.length > 0) await deriveSlice(trx, events);
          return events.length > 0;
        });
    } catch (error) {
      isBroken = true;
      throw error;
    } finally {
      await pages.close();
    }
  };

  // Writers go on meanwhile. What they add is derived round by round, for as long as the rounds become shorter.
  let last = 0;
  for (let previous = Infinity; ; ) {
    const upTo = await committedUpTo(db);
    if (upTo - last <= slice || upTo - last >= previous) break;
    previous = upTo - last;
    const shareOf = (lane: number) => ({ schema, after: last, upTo, lane, lanes });
    const others = Array.from({ length: lanes - 1 }, (_, index) =>
      pool.connection().execute(connection => deriveShare(connection, shareOf(index + 1))),
    );
    const outcomes = await Promise.allSettled([deriveShare(db, shareOf(0)), ...others]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    last = upTo;
  }
  await db.transaction().execute(async trx => {
    // Services first, as writers lock them. Writers under way finish, and those to come wait for the new tables.
    await statement('rebuild.lock-tables')`lock table service, event in access exclusive mode`.execute(trx);
    for (let page = await pageAfter(trx, schema, last, slice); page.events.length > 0; ) {
      await deriveSlice(trx, page.events);
      page = await pageAfter(trx, schema, page.last, slice);
    }
    await swapShadowTables(trx, schema);
    await saveAttributionWindow(trx, options.attributionWindowMinutes);
    await notify(trx, { invalidated: null, receivedAt: null });
  });
  return total;
}

/** Rollouts of a stream that are loaded at once: a slice may hold years of one service. */
const entriesMax = 256;

async function pageAfter(trx: Transaction, schema: string, last: number, limit: number) {
  // Only a bitmap scan reads the index on `seq`.
  await statement('rebuild.plan-page')`
    select set_config('enable_bitmapscan', 'on', true), set_config('enable_seqscan', 'off', true)`.execute(
    trx,
  );
  const page = await statement<{ seq: number; body: Event }>('rebuild.find-page')`
    select seq, body from ${sql.id(schema, 'event')} where seq > ${last} order by seq limit ${limit}`.execute(
    trx,
  );
  return { events: page.rows.map(row => row.body), last: page.rows.at(-1)?.seq ?? last };
}

/** Holds a lock of the database while the work goes on: two rebuilds at once would write to the same shadow tables. */
async function withRebuildLock<T>(db: Store, work: (connection: Store) => Promise<T>): Promise<T> {
  return db.connection().execute(async connection => {
    const lock = await statement<{ isTaken: boolean }>('rebuild.lock')`
      select pg_try_advisory_lock(hashtext('firstlight_rebuild')) as "isTaken"`.execute(connection);
    if (lock.rows[0]?.isTaken !== true)
      throw new Error('another rebuild of this record is under way: wait until it is done, or stop it');
    try {
      return await work(connection);
    } finally {
      // A lost connection has released the lock.
      await statement('rebuild.unlock')`select pg_advisory_unlock(hashtext('firstlight_rebuild'))`
        .execute(connection)
        .catch(() => {});
    }
  });
}

/**
 * The number up to which no event can be added any more. Numbers are taken before they are committed, so that a reader may
 * find 7 and miss 6; the lock waits for the transactions that have taken one.
 */
async function committedUpTo(db: Store): Promise<number> {
  return db.transaction().execute(async trx => {
    await statement('rebuild.wait-for-writers')`lock table event in share mode`.execute(trx);
    const found = await statement<{ last: number }>('rebuild.find-last-event')`
      select case when is_called then last_value else 0 end as last from event_seq_seq`.execute(trx);
    return must(found.rows[0], 'sequence of events').last;
  });
}
