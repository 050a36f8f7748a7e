import { type Kysely, sql } from 'kysely';
import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import type { Database } from '../../store/schema/tables.ts';
import { prepareEvent } from '../../store/write/raw-events.ts';

/**
 * A pipeline that stores raw events and nothing else: the same rows, with the same key and indexes, one plain statement
 * per batch.
 */
export class RawEvents {
  readonly #db: Kysely<Database>;
  readonly #table: string;

  /** @param table `event` itself, or a copy of it that {@link clear} makes */
  constructor(db: Kysely<Database>, table: string) {
    this.#db = db;
    this.#table = table;
  }

  /** Makes the table anew, empty. */
  async clear(): Promise<void> {
    const table = sql.table(this.#table);
    await sql`drop table if exists ${table}`.execute(this.#db);
    await sql`create table ${table} (like event including all)`.execute(this.#db);
  }

  async insert(batch: readonly IdentifiedEvent[]): Promise<void> {
    const rows = batch.map(prepareEvent);
    await sql`
      insert into ${sql.table(this.#table)} (key, digest, body, subject_hash, flag_at)
      select key::uuid, digest, body::json, subject_hash, flag_at
      from unnest(
        ${rows.map(row => row.key)}::text[], ${rows.map(row => row.digestStart)}::integer[],
        ${rows.map(row => row.body)}::text[], ${rows.map(row => row.subjectHash)}::integer[],
        ${rows.map(row => row.flagAt)}::bigint[]
      ) as given(key, digest, body, subject_hash, flag_at)
      on conflict (key) do nothing`.execute(this.#db);
  }

  /** @returns events per second */
  async rate(batches: Iterable<readonly IdentifiedEvent[]>): Promise<number> {
    let events = 0;
    let spent = 0;
    for (const batch of batches) {
      const startedAt = performance.now();
      await this.insert(batch);
      spent += performance.now() - startedAt;
      events += batch.length;
    }
    return (events / spent) * 1000;
  }
}
