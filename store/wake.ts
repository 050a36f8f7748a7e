import { sql } from 'kysely';
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

/** Notifies once the transaction commits, and never otherwise. Too many names for one payload become "any". */
export async function notify(trx: Transaction, wake: Wake): Promise<void> {
  const whole = JSON.stringify(wake);
  const payload =
    Buffer.byteLength(whole) <= payloadBytesMax ? whole : JSON.stringify({ ...wake, services: null });
  await sql`select pg_notify(${wakeChannel}, ${payload})`.execute(trx);
}

/** Reads a notification's payload; null stands for those that were lost: anything may have been touched. */
export function readWake(payload: string | null): Wake {
  return payload === null || payload === ''
    ? { services: null, receivedAt: null }
    : (JSON.parse(payload) as Wake);
}
