import { sql } from 'kysely';
import { must } from '../../domain/must.ts';
import { derivedTables, type Store, type Transaction } from '../schema/tables.ts';
import { statement } from '../sql/statement.ts';

/** The schema of the tables that a rebuild fills. */
const shadow = 'firstlight_rebuild';

/**
 * Makes empty tables like the derived ones, and drops those of a rebuild that did not end.
 * @returns the schema of the store
 */
export async function makeShadowTables(db: Store): Promise<string> {
  return db.transaction().execute(async trx => {
    const found = await statement<{ schema: string | null }>('rebuild.find-schema')`
      select current_schema() as schema`.execute(trx);
    const schema = must(found.rows[0]?.schema, 'schema to rebuild');
    await statement('rebuild.drop-shadow-schema')`drop schema if exists ${sql.id(shadow)} cascade`.execute(
      trx,
    );
    await statement('rebuild.create-shadow-schema')`create schema ${sql.id(shadow)}`.execute(trx);
    for (const table of derivedTables)
      await statement('rebuild.create-table')`
        create table ${sql.id(shadow, table)} (like ${sql.id(schema, table)} including all)`.execute(trx);
    return schema;
  });
}

/** Lets the statements of a transaction find the shadow tables, and `event` in the schema of the store. */
export async function useShadowTables(trx: Transaction, schema: string): Promise<void> {
  // What a crash could lose is dropped by the next rebuild anyway.
  await statement('rebuild.use-shadow-tables')`
    select set_config('search_path', ${`${shadow},${schema}`}, true), set_config('synchronous_commit', 'off', true)`.execute(
    trx,
  );
}

/** Puts the shadow tables in the place of the derived ones. */
export async function swapShadowTables(trx: Transaction, schema: string): Promise<void> {
  for (const table of derivedTables) {
    const indexes = await renamedIndexes(trx, schema, table);
    await statement('rebuild.drop-table')`drop table ${sql.id(schema, table)}`.execute(trx);
    await statement('rebuild.move-table')`
      alter table ${sql.id(shadow, table)} set schema ${sql.id(schema)}`.execute(trx);
    for (const { made, wanted } of indexes)
      await statement('rebuild.rename-index')`
        alter index ${sql.id(schema, made)} rename to ${sql.id(wanted)}`.execute(trx);
  }
  await statement('rebuild.drop-empty-shadow-schema')`drop schema ${sql.id(shadow)}`.execute(trx);
  await statement('rebuild.leave-shadow-tables')`
    select set_config('search_path', ${schema}, true), set_config('synchronous_commit', 'on', true)`.execute(
    trx,
  );
}

/** The indexes of a shadow table whose names differ from those that they replace. Migrations find indexes by name. */
async function renamedIndexes(trx: Transaction, schema: string, table: string) {
  const indexesOf = (of: string) => sql`
    select relname::text as name, indkey::text as columns, indisunique, pg_get_expr(indpred, indrelid) as predicate
    from pg_index join pg_class on pg_class.oid = indexrelid
    where indrelid = format('%I.%I', ${of}::text, ${table}::text)::regclass`;
  const found = await statement<{ made: string; wanted: string }>('rebuild.find-indexes')`
    select made.name as made, wanted.name as wanted
    from (${indexesOf(shadow)}) as made join (${indexesOf(schema)}) as wanted
      on made.columns = wanted.columns and made.indisunique = wanted.indisunique
      and made.predicate is not distinct from wanted.predicate
    where made.name <> wanted.name`.execute(trx);
  return found.rows;
}
