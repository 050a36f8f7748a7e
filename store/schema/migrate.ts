import { measureNames, measures } from '../../domain/metrics/measures.ts';
import { migrations } from '../../migrations/index.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import type { Store } from './tables.ts';

/**
 * Brings a database to the schema of this version, and writes down for readers what its measures are called.
 * @returns the names of the migrations that ran now
 * @throws {Error} when a migration fails; nothing is changed then
 */
export async function migrateStore(db: Store): Promise<string[]> {
  const names = await migrate(db, migrations);
  await upsertMeasures(db);
  return names;
}

/** Measures of a newer version that has used the database are left alone. */
async function upsertMeasures(db: Store): Promise<void> {
  const rows = measureNames.map(name => ({ id: measures[name].id, name, role: measures[name].role }));
  await statement('measures.upsert')`
    insert into measure (id, name, role)
    select id, name, role from ${unnestRows(rows, { id: 'smallint', name: 'text', role: 'text' })}
    on conflict (id) do update set name = excluded.name, role = excluded.role
    where (measure.name, measure.role) is distinct from (excluded.name, excluded.role)`.execute(db);
}
