import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { Event } from '../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import { flagChangedAt, subjectHashOf, subjectNameOf } from '../schema/subject-hash.ts';
import type { Transaction } from '../schema/tables.ts';
import { unnestRows } from '../sql/rows.ts';

/** What became of a batch: events stored now, known already, and known with another content. */
export interface Intake {
  readonly stored: readonly Event[];
  readonly repeated: number;
  readonly conflicting: number;
}

/** An event as the record keeps it: all that can be known of the row without the database. */
export interface PreparedEvent extends IdentifiedEvent {
  /** The first 16 bytes, in hex, of the SHA-256 of (source, id). */
  readonly key: string;
  /** The first 32 bits of the digest: all that the record keeps of it, to tell another content by. */
  readonly digestStart: number;
  readonly body: string;
  readonly subjectHash: number;
  readonly flagAt: number | null;
}

/** Prepares an event, for whoever has time before the transaction; {@link insertRawEvents} does it for the others. */
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
 * Puts the raw events into the record; of one identity the first stored stands, and a repeat with another
 * content is kept aside as a conflict.
 */
export async function insertRawEvents(
  trx: Transaction,
  batch: readonly IdentifiedEvent[],
  receivedAt: number,
): Promise<Intake> {
  const rows = batch.map(recorded => (isPrepared(recorded) ? recorded : prepareEvent(recorded)));
  const firsts = new Map<string, PreparedEvent>();
  for (const row of rows) if (!firsts.has(row.key)) firsts.set(row.key, row);
  const isFresh = await insert(trx, [...firsts.values()]);
  const known = await digestStartsOf(
    trx,
    [...firsts.keys()].filter(key => !isFresh(key)),
  );
  const startOf = (key: string) => known.get(key) ?? firsts.get(key)?.digestStart;
  const conflicts = rows.filter(row => startOf(row.key) !== row.digestStart);
  await insertConflicts(trx, conflicts, receivedAt);
  const stored = [...firsts.values()].filter(row => isFresh(row.key)).map(row => row.event);
  return {
    stored,
    repeated: rows.length - stored.length - conflicts.length,
    conflicting: conflicts.length,
  };
}

const isPrepared = (recorded: IdentifiedEvent): recorded is PreparedEvent => 'key' in recorded;

/**
 * Inserts in the order of the keys, so that two writers of the same events cannot wait for each other in a ring.
 * @returns which keys were not known; the database names them only where some were
 */
async function insert(trx: Transaction, rows: readonly PreparedEvent[]): Promise<(key: string) => boolean> {
  const sorted = rows
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, digestStart, body, subjectHash, flagAt }) => ({
      key,
      digestStart,
      body,
      subjectHash,
      flagAt,
    }));
  const inserted = await sql<{ made: number; key: string | null }>`
    with made as (
      insert into event (key, digest, body, subject_hash, flag_at)
      select key, "digestStart", body, "subjectHash", "flagAt"
      from ${unnestRows(sorted, { key: 'uuid', digestStart: 'integer', body: 'json', subjectHash: 'integer', flagAt: 'bigint' })}
      on conflict (key) do nothing
      returning key
    ),
    total as (select count(*)::integer as made from made)
    select total.made, ${digits('made.key')} as key
    from total left join made on total.made < ${rows.length}::integer`.execute(trx);
  if (inserted.rows[0]?.made === rows.length) return () => true;
  const fresh = new Set(inserted.rows.map(row => row.key));
  return key => fresh.has(key);
}

/** @returns of those that are stored, by key */
async function digestStartsOf(trx: Transaction, keys: readonly string[]): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map();
  const found = await sql<{ key: string; digest: number }>`
    select ${digits('event.key')} as key, event.digest
    from ${unnestRows(
      keys.map(key => ({ key })),
      { key: 'uuid' },
    )} join event on event.key = given.key`.execute(trx);
  return new Map(found.rows.map(row => [row.key, row.digest]));
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
  await sql`
    insert into conflict (key, digest, received_at, body)
    select key, digest, ${receivedAt}::bigint, body
    from ${unnestRows(rows, { key: 'bytea', digest: 'bytea', body: 'json' })}
    order by key, digest
    on conflict do nothing`.execute(trx);
}
