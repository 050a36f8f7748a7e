import { sql } from 'kysely';
import type { Transaction } from '../schema/tables.ts';
import { arrayOf } from '../sql/rows.ts';

/** The channel on which a transaction tells the metrics services what it invalidated. */
export const changeChannel = 'firstlight_stored';

/**
 * Services by name, and since when a reader has to read their observations again: the earliest moment of one that was made,
 * moved or taken away, milliseconds since 1970. Infinity where none was; -Infinity where that is not known.
 */
export type Invalidation = ReadonlyMap<string, number>;

/** What a notification tells. */
export interface ChangeNotification {
  /** The services that were invalidated; null: any. */
  readonly invalidated: Invalidation | null;
  /** When the oldest event came in, milliseconds since 1970; null: not known. */
  readonly receivedAt: number | null;
  /** W3C trace context of the transaction, if it is traced. */
  readonly trace?: Readonly<Record<string, string>>;
}

/** As it travels: JSON knows no infinity. */
type Payload = Omit<ChangeNotification, 'invalidated'> & { readonly invalidated: readonly Pair[] | null };
type Pair = readonly [service: string, since: number | null];

/** PostgreSQL's limit is 8,000 bytes. */
const payloadBytesMax = 7_900;
/** Whoever would have to read more services than these one by one is quicker with all. */
const payloadsMax = 16;

/**
 * Notifies once the transaction commits, and never otherwise. Services that do not fit into one payload go in several,
 * the last of which tells the rest; far too many become "any".
 */
export async function notify(trx: Transaction, { invalidated, ...rest }: ChangeNotification): Promise<void> {
  const parts = invalidated === null ? [null] : partsOf([...invalidated].map(pairOf));
  const whole = parts.length > payloadsMax ? [null] : parts;
  const payloads = whole.map(
    (invalidated, index): Payload =>
      index === whole.length - 1 ? { invalidated, ...rest } : { invalidated, receivedAt: null },
  );
  const given = arrayOf(
    'text',
    payloads.map(payload => JSON.stringify(payload)),
  );
  await sql`select pg_notify(${changeChannel}, payload) from unnest(${given}) as given(payload)`.execute(trx);
}

const pairOf = ([service, since]: readonly [string, number]): Pair => [
  service,
  since === Infinity ? null : Math.max(since, Number.MIN_SAFE_INTEGER),
];

/** In parts that leave room for the rest of a payload. */
function partsOf(pairs: readonly Pair[]): Pair[][] {
  const parts: Pair[][] = [];
  let room = 0;
  for (const pair of pairs) {
    const bytes = Buffer.byteLength(JSON.stringify(pair)) + 1;
    if (parts.length === 0 || bytes > room) {
      parts.push([]);
      room = payloadBytesMax - restBytes;
    }
    parts.at(-1)?.push(pair);
    room -= bytes;
  }
  return parts.length === 0 ? [[]] : parts;
}

/** The moment, and a trace context with its baggage. */
const restBytes = 900;

/** Reads a notification's payload; null stands for those that were lost: anything may have been invalidated. */
export function parseChangeNotification(payload: string | null): ChangeNotification {
  if (payload === null || payload === '') return { invalidated: null, receivedAt: null };
  const { invalidated, ...rest } = JSON.parse(payload) as Payload;
  return {
    invalidated: invalidated
      ? new Map(invalidated.map(([service, since]) => [service, since ?? Infinity]))
      : null,
    ...rest,
  };
}
