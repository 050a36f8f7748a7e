import type { Transaction } from '../schema/tables.ts';
import { arrayOf } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';

/** The channel on which a transaction notifies the metrics services of what it invalidated. */
export const changeChannel = 'firstlight_stored';

/**
 * Services by name, each with the time from which its observations have to be read again: the earliest time of an
 * observation that was inserted, changed or deleted, milliseconds since 1970. Infinity: no observation changed.
 * -Infinity: the time is not known.
 */
export type Invalidation = ReadonlyMap<string, number>;

/** What a transaction notifies the metrics services of. */
export interface ChangeNotification {
  /** null: any service may be invalidated. */
  readonly invalidated: Invalidation | null;
  /** When the oldest event came in, milliseconds since 1970; null: not known. */
  readonly receivedAt: number | null;
  /** W3C trace context of the transaction, if it is traced. */
  readonly trace?: Readonly<Record<string, string>>;
}

/** As JSON, which has no infinity: null stands for Infinity, and the least safe integer for -Infinity. */
type Payload = Omit<ChangeNotification, 'invalidated'> & { readonly invalidated: readonly Pair[] | null };
type Pair = readonly [service: string, since: number | null];

/** PostgreSQL's limit is 8,000 bytes. */
const payloadBytesMax = 7_900;
/** Room for `receivedAt`, and for a trace context with its baggage. */
const restBytes = 900;
/** A metrics service reads all services faster than so many one by one. */
const payloadsMax = 16;

/**
 * Notifies when the transaction commits. Services that do not fit into one payload go in several, of which the last one
 * has the rest of the notification; far too many services become "any".
 */
export async function notify(trx: Transaction, { invalidated, ...rest }: ChangeNotification): Promise<void> {
  const parts = invalidated === null ? [null] : partsOf([...invalidated].map(pairOf));
  const sent = parts.length > payloadsMax ? [null] : parts;
  const payloads = sent.map(
    (invalidated, index): Payload =>
      index === sent.length - 1 ? { invalidated, ...rest } : { invalidated, receivedAt: null },
  );
  const texts = payloads.map(payload => JSON.stringify(payload));
  await statement('notifications.send')`
    select pg_notify(${changeChannel}, payload) from unnest(${arrayOf('text', texts)}) as given(payload)`.execute(
    trx,
  );
}

const pairOf = ([service, since]: readonly [string, number]): Pair => [
  service,
  since === Infinity ? null : Math.max(since, Number.MIN_SAFE_INTEGER),
];

/** Parts that fit into a payload, with room for the rest of it. */
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

/** Reads a payload; null stands for notifications that were lost, so that any service may be invalidated. */
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
