import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { Event } from '../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import { must } from '../../domain/must.ts';
import { flagChangedAt, subjectHashOf, subjectNameOf } from '../schema/subject-hash.ts';
import type { Transaction } from '../schema/tables.ts';
import { arrayOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';

/** What became of the events of a batch. */
export interface Intake {
  /** Events that were not stored before. */
  readonly stored: readonly Event[];
  /** How many were stored before, or came twice in the batch. */
  readonly repeated: number;
  /** How many claim the identity of a stored event, with another content. */
  readonly conflicting: number;
}

/** An event with everything of its row that needs no database. */
export interface PreparedEvent extends IdentifiedEvent {
  /** The first 16 bytes, in hex, of the SHA-256 of (source, id). */
  readonly key: string;
  /** The first 32 bits of the digest: all that is stored of it, to recognize another content. */
  readonly digestStart: number;
  readonly body: string;
  readonly subjectHash: number;
  readonly flagAt: number | null;
}

/** Prepares an event before its transaction; {@link insertRawEvents} prepares those that are not. */
export function prepareEvent({ event, digest }: IdentifiedEvent): PreparedEvent {
  return {
    event,
    digest,
    key: hash('sha256', `${event.source}\0${event.id}`).slice(0, 32),
    digestStart: Number.parseInt(digest.slice(0, 8), 16) | 0,
    body: JSON.stringify(event),
    subjectHash: subjectHashOf(event.service, subjectNameOf(event)),
    flagAt: flagChangedAt(event),
  };
}

/**
 * Inserts the raw events. Of several events with one identity, the first that is stored stands; a repeat with another
 * content is stored apart, as a conflict.
 */
export async function insertRawEvents(
  trx: Transaction,
  batch: readonly IdentifiedEvent[],
  receivedAt: number,
): Promise<Intake> {
  const rows = batch.map(event => (isPrepared(event) ? event : prepareEvent(event)));
  const firsts = new Map<string, PreparedEvent>();
  for (const row of rows) if (!firsts.has(row.key)) firsts.set(row.key, row);
  const isNew = await insert(trx, [...firsts.values()]);
  const knownKeys = [...firsts.keys()].filter(key => !isNew(key));
  const known = await digestStartsOf(trx, knownKeys);
  const digestStartOf = (key: string) => known.get(key) ?? firsts.get(key)?.digestStart;
  const conflicts = rows.filter(row => digestStartOf(row.key) !== row.digestStart);
  await insertConflicts(trx, conflicts, receivedAt);
  const stored = [...firsts.values()].filter(row => isNew(row.key)).map(row => row.event);
  return {
    stored,
    repeated: rows.length - stored.length - conflicts.length,
    conflicting: conflicts.length,
  };
}

const isPrepared = (event: IdentifiedEvent): event is PreparedEvent => 'key' in event;

/**
 * Inserts in the order of the keys, so that two writers of the same events do not wait for each other.
 * @returns whether a key is new. The database names the new keys only where some are not.
 */
async function insert(trx: Transaction, rows: readonly PreparedEvent[]): Promise<(key: string) => boolean> {
  const sorted = rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  type Row = Omit<PreparedEvent, 'event' | 'digest'>;
  const columns = {
    key: 'uuid',
    digestStart: 'integer',
    body: 'json',
    subjectHash: 'integer',
    flagAt: 'bigint',
  } as const;
  const inserted = await statement<{ count: number; key: string | null }>('events.insert')`
    with inserted as (
      insert into event (key, digest, body, subject_hash, flag_at)
      select key, "digestStart", body, "subjectHash", "flagAt" from ${unnestRows<Row>(sorted, columns)}
      on conflict (key) do nothing
      returning key
    ),
    total as (select count(*)::integer as count from inserted)
    select total.count, ${digits('inserted.key')} as key
    from total left join inserted on total.count < ${rows.length}::integer`.execute(trx);
  if (must(inserted.rows[0], 'count of inserted events').count === rows.length) return () => true;
  const keys = new Set(inserted.rows.map(row => row.key));
  return key => keys.has(key);
}

/** The stored part of the digests of events, by key. */
async function digestStartsOf(trx: Transaction, keys: readonly string[]): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map();
  const found = await statement<{ key: string; digestStart: number }>('events.find-digests')`
    select ${digits('event.key')} as key, event.digest as "digestStart"
    from unnest(${arrayOf('uuid', keys)}) as given(key) join event on event.key = given.key`.execute(trx);
  return new Map(found.rows.map(row => [row.key, row.digestStart]));
}

/** A uuid as 32 hex digits. */
const digits = (uuid: string) => sql<string>`replace(${sql.ref(uuid)}::text, '-', '')`;

async function insertConflicts(
  trx: Transaction,
  conflicts: readonly PreparedEvent[],
  receivedAt: number,
): Promise<void> {
  if (conflicts.length === 0) return;
  const rows = conflicts.map(({ key, digest, body }) => ({ key, digest: digest.slice(0, 32), body }));
  await statement('conflicts.insert')`
    insert into conflict (key, digest, received_at, body)
    select key, digest, ${receivedAt}::bigint, body
    from ${unnestRows(rows, { key: 'bytea', digest: 'bytea', body: 'json' })}
    order by key, digest
    on conflict do nothing`.execute(trx);
}
