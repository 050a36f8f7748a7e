import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { expect, inject } from 'vitest';
import { memory, openPGlite } from '../../../platform/database/pglite.ts';
import { openPostgres } from '../../../platform/database/postgres.ts';
import { migrateStore } from '../../../store/schema/migrate.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { keepsDatabases } from './keep.ts';

/** Every database that Firstlight supports. All of them must behave alike. */
export const engines = ['pglite', 'postgres18', 'postgres15'] as const;
export type Engine = (typeof engines)[number];

/** The URLs of the database servers of this run, see {@link ./setup.ts}. */
export type ServerUrls = Readonly<Record<Exclude<Engine, 'pglite'>, string>>;

export interface TestDatabase<T> {
  readonly db: Kysely<T>;
  /** null for PGlite, which runs in this process. */
  readonly url: string | null;
  /** Closes the connections and removes the database. */
  close(): Promise<void>;
}

/** Creates an empty database, without the schema. */
export async function freshDatabase<T = unknown>(engine: Engine): Promise<TestDatabase<T>> {
  if (engine === 'pglite' && keepsDatabases) return await freshDatabase('postgres18'); // psql cannot enter this process
  if (engine === 'pglite') {
    const db = await openPGlite<T>(memory);
    return { db, url: null, close: () => db.destroy() };
  }
  const { url, drop } = await createDatabase(inject('servers')[engine]);
  const db = openPostgres<T>(url, { connectionsMax: 10, applicationName: 'firstlight tests' });
  return {
    db,
    url,
    close: async () => {
      await db.destroy();
      await drop();
    },
  };
}

/** Creates a database with the schema of the store and no events. */
export async function openTestStore(engine: Engine): Promise<TestDatabase<Database>> {
  const store = await freshDatabase<Database>(engine);
  try {
    await migrateStore(store.db);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/**
 * Creates a database on the server of `serverUrl`, named after the file of the test. `drop` removes it even if clients
 * are still connected; with `KEEP_DATABASES` it does nothing.
 */
export async function createDatabase(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const file = basename(expect.getState().testPath ?? '', '.test.ts').replaceAll('-', '_');
  const name = `test_${file.slice(0, 40)}_${randomBytes(4).toString('hex')}`;
  await administer(serverUrl, db => sql`create database ${sql.id(name)}`.execute(db));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      if (!keepsDatabases)
        await administer(serverUrl, db => sql`drop database ${sql.id(name)} with (force)`.execute(db));
    },
  };
}

async function administer(url: string, work: (db: Kysely<unknown>) => Promise<unknown>): Promise<void> {
  const db = openPostgres<unknown>(url, { connectionsMax: 1, applicationName: 'firstlight tests' });
  try {
    await work(db);
  } finally {
    await db.destroy();
  }
}
