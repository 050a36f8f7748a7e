import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../../../platform/database/migrate.ts';
import { openPostgres } from '../../../platform/database/postgres.ts';
import { derivedTables } from '../../../store/schema/tables.ts';
import { engines, freshDatabase, type TestDatabase } from '../../support/databases/test-store.ts';

const names = Object.keys(migrations).toSorted();

async function tablesOf({ db }: TestDatabase<unknown>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%'`.execute(
    db,
  );
  return rows.map(row => row.name).toSorted();
}
const wanted = ['conflict', 'dead_request', 'event', 'measure', 'setting', ...derivedTables].toSorted();

describe.each(engines)('the schema on %s', engine => {
  test('is made from nothing once, and left alone after that', async () => {
    const database = await freshDatabase(engine);
    expect(await migrate(database.db, migrations)).toEqual(names);
    expect(await migrate(database.db, migrations)).toEqual([]);
    expect(await tablesOf(database)).toEqual(wanted);
    await database.close();
  });

  test('is made once by ten that start at the same moment', async () => {
    const database = await freshDatabase(engine);
    const { url } = database;
    const processes = Array.from({ length: 10 }, () =>
      url === null
        ? database.db
        : openPostgres<unknown>(url, { connectionsMax: 1, applicationName: 'firstlight tests' }),
    );
    const outcomes = await Promise.all(processes.map(db => migrate(db, migrations)));
    expect(outcomes.flat().toSorted()).toEqual(names);
    expect(await tablesOf(database)).toEqual(wanted);
    if (url !== null) await Promise.all(processes.map(db => db.destroy()));
    await database.close();
  });
});
