import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../platform/database/migrate.ts';
import { openPostgres } from '../../../platform/database/postgres.ts';
import { engines, freshDatabase, type TestDatabase } from '../../support/databases/test-store.ts';

const step = (statement: string): Migration => ({
  up: async (db: Kysely<unknown>) => void (await sql.raw(statement).execute(db)),
});
const first = { '2026-01-01-note': step('create table note (id bigint primary key)') };
const second = { '2026-01-02-text': step('alter table note add column text text') };
const both = { ...second, ...first };
const names = ['2026-01-01-note', '2026-01-02-text'];

describe.each(engines)('migrate on %s', engine => {
  let database: TestDatabase<unknown>;
  beforeAll(async () => {
    database = await freshDatabase(engine);
  });
  beforeEach(async () => {
    await sql`drop schema public cascade`.execute(database.db);
    await sql`create schema public`.execute(database.db);
  });
  afterAll(() => database.close());

  const columns = async () => {
    const { rows } = await sql<{ name: string }>`select column_name as name from information_schema.columns
      where table_name = 'note' order by ordinal_position`.execute(database.db);
    return rows.map(row => row.name);
  };

  test('runs all migrations in the order of their names, and none of them twice', async () => {
    expect(await migrate(database.db, both)).toEqual(names);
    expect(await migrate(database.db, both)).toEqual([]);
    expect(await columns()).toEqual(['id', 'text']);
  });

  test('runs only new migrations', async () => {
    expect(await migrate(database.db, first)).toEqual([names[0]]);
    expect(await migrate(database.db, both)).toEqual([names[1]]);
  });

  test('is safe in twenty concurrent runs', async () => {
    const { url } = database;
    const processes = Array.from({ length: 20 }, () =>
      url === null ? database.db : openPostgres(url, { connectionsMax: 1, applicationName: 'test' }),
    );
    const outcomes = await Promise.all(processes.map(db => migrate(db, both)));
    expect(outcomes.flat().toSorted()).toEqual(names);
    if (url !== null) await Promise.all(processes.map(db => db.destroy()));
    expect(await columns()).toEqual(['id', 'text']);
  });

  test('names the failed migration, and rolls the whole run back', async () => {
    const broken = { ...first, '2026-01-02-broken': step('alter table nothing add column text text') };
    await expect(migrate(database.db, broken)).rejects.toThrow(
      'the migration 2026-01-02-broken failed and nothing was changed: relation "nothing" does not exist',
    );
    expect(await columns()).toEqual([]);
    expect(await migrate(database.db, both)).toEqual(names);
  });

  test('refuses a new migration whose name comes before that of one that has run', async () => {
    await migrate(database.db, first);
    const late = { ...first, '2025-12-31-late': step('select 1') };
    await expect(migrate(database.db, late)).rejects.toThrow(/could not be migrated: .*2026-01-01-note/);
  });

  test('refuses a database with a migration that the program does not have', async () => {
    await migrate(database.db, both);
    await expect(migrate(database.db, first)).rejects.toThrow(
      /could not be migrated: .*2026-01-02-text is missing/,
    );
  });
});
