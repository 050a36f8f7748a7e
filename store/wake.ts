import { sql } from 'kysely';
import { arrayOf } from './given.ts';
import type { Transaction } from './tables.ts';

/** The channel on which a transaction tells the metrics services what it touched. */
export const wakeChannel = 'firstlight_stored';

/** What a notification tells. */
export interface Wake {
  /** The services that were touched; null: any. */
  readonly services: readonly string[] | null;
  /** When the oldest event came in, milliseconds since 1970; null: not known. */
  readonly receivedAt: number | null;
  /** W3C trace context of the transaction, if it is traced. */
  readonly trace?: Readonly<Record<string, string>>;
}

/** PostgreSQL's limit is 8,000 bytes. */
const payloadBytesMax = 7_900;
/** Whoever would have to read more services than these one by one is quicker with all. */
const payloadsMax = 16;

/**
 * Notifies once the transaction commits, and never otherwise. Names that do not fit into one payload go in several,
 * the last of which tells the rest; far too many become "any".
 */
export async function notify(trx: Transaction, wake: Wake): Promise<void> {
  const parts = wake.services === null ? [null] : partsOf(wake.services);
  const whole = parts.length > payloadsMax ? [null] : parts;
  const payloads = whole.map((services, index) =>
    JSON.stringify(index === whole.length - 1 ? { ...wake, services } : { services, receivedAt: null }),
  );
  await sql`select pg_notify(${wakeChannel}, payload) from unnest(${arrayOf('text', payloads)}) as given(payload)`.execute(
    trx,
  );
}

/** The names in parts that leave room for the rest of a payload. */
function partsOf(services: readonly string[]): string[][] {
  const parts: string[][] = [];
  let room = 0;
  for (const name of services) {
    const bytes = Buffer.byteLength(JSON.stringify(name)) + 1;
    if (parts.length === 0 || bytes > room) {
      parts.push([]);
      room = payloadBytesMax - restBytes;
    }
    parts.at(-1)?.push(name);
    room -= bytes;
  }
  return parts.length === 0 ? [[]] : parts;
}

/** The moment, and a trace context with its baggage. */
const restBytes = 900;

/** Reads a notification's payload; null stands for those that were lost: anything may have been touched. */
export function readWake(payload: string | null): Wake {
  return payload === null || payload === ''
    ? { services: null, receivedAt: null }
    : (JSON.parse(payload) as Wake);
}
