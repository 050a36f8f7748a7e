import { type Kysely, sql } from 'kysely';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../../../platform/database/migrate.ts';
import type { Store } from '../../../store/schema/tables.ts';

/** A row as JSON, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** Brings an empty database to the schema that it had before a migration, named as in `migrations/index.ts`. */
export async function migrateUpTo<T>(db: Kysely<T>, name: string): Promise<void> {
  const earlier = Object.entries(migrations).filter(([other]) => other < name);
  if (earlier.length === Object.keys(migrations).length) throw new Error(`there is no migration ${name}`);
  await migrate(db, Object.fromEntries(earlier));
}

/** What tables and columns were called before `migrations/2026-11-30-vocabulary.ts`, by table as it is called now. */
export const formerNames: Readonly<
  Record<string, { table: string; columns: Readonly<Record<string, string>> }>
> = {
  event: { table: 'event', columns: { subject_hash: 'about' } },
  conflict: { table: 'conflict', columns: {} },
  setting: { table: 'setting', columns: {} },
  service: { table: 'service', columns: {} },
  stream: { table: 'line', columns: {} },
  revision: { table: 'label', columns: {} },
  change_artifact: { table: 'alias', columns: {} },
  rollout: { table: 'rollout', columns: { stream_id: 'line_id', base: 'highest', sorted_at: 'placed_at' } },
  rollout_revision: { table: 'naming', columns: { revision_id: 'label_id' } },
  step: { table: 'step', columns: { stream_id: 'line_id' } },
  incident: { table: 'incident', columns: { stream_id: 'line_id' } },
  incident_rollout: { table: 'incident_rollout', columns: {} },
  incident_revision: { table: 'incident_label', columns: { revision_id: 'label_id' } },
  attribution: { table: 'blame', columns: {} },
  outage: { table: 'outage', columns: { stream_id: 'line_id' } },
  observation: { table: 'sample', columns: { stream_id: 'line_id' } },
};

/** Every row of the store by table, under the names from before the vocabulary. */
export async function rowsUnderFormerNames(db: Store): Promise<Record<string, Row[]>> {
  const tables: Record<string, Row[]> = {};
  for (const [table, former] of Object.entries(formerNames))
    tables[former.table] = (await rowsOf(db, table)).map(row =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]) => [former.columns[column] ?? column, value]),
      ),
    );
  return tables;
}

/** Every row of a table, in an order that depends on the rows only. */
export async function rowsOf<T>(db: Kysely<T>, table: string): Promise<Row[]> {
  const found = await sql<{ row: Row }>`select to_json(one) as row from ${sql.ref(table)} as one`.execute(db);
  return found.rows
    .map(({ row }) => row)
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Inserts rows with their ids. Columns that a table does not have yet are left out. */
export async function insertRows<T>(
  db: Kysely<T>,
  tables: Readonly<Record<string, readonly Row[]>>,
): Promise<void> {
  for (const [table, rows] of Object.entries(tables)) {
    // Without the schema, `line` is PostgreSQL's own type.
    const name = sql.id('public', table);
    await sql`
      insert into ${name} overriding system value
      select * from json_populate_recordset(null::${name}, ${JSON.stringify(rows)}::json)`.execute(db);
    const identity = await sql<{ column: string }>`
      select attname as column from pg_attribute
      where attrelid = ${table}::regclass and attidentity <> ''`.execute(db);
    for (const { column } of identity.rows)
      await sql`
        select setval(pg_get_serial_sequence(${table}, ${column}), max(${sql.ref(column)})) from ${name}`.execute(
        db,
      );
  }
}
