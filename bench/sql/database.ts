import { Kysely, sql } from 'kysely';
import { openPostgres, postgresDialect } from '../../platform/database/postgres.ts';
import { migrateStore } from '../../store/schema/migrate.ts';
import type { Database } from '../../store/schema/tables.ts';
import { startServer } from '../../test/support/databases/server.ts';
import type { Capture } from './capture.ts';
import { exercise } from './exercise.ts';

export interface FilledDatabase {
  /** For psql. */
  readonly url: string;
  /** Drops the database, and stops its server if it was started for it. */
  close(): Promise<void>;
}

const options = { connectionsMax: 4, applicationName: 'firstlight sql' };

/**
 * A new database that the store was {@link exercise}d on, watched by `capture`.
 * @param serverUrl any database of a server that may create databases; it is not touched itself. Absent: a server of
 * its own is started, the PostgreSQL that `npm ci` brings
 */
export async function filledDatabase(
  capture: Capture,
  serverUrl: string | undefined,
): Promise<FilledDatabase> {
  const server = serverUrl === undefined ? await startServer('postgres18') : null;
  const adminUrl = serverUrl ?? server?.url ?? '';
  const name = `firstlight_sql_${process.pid}`;
  const administer = async (work: (admin: Kysely<unknown>) => Promise<unknown>) => {
    const admin = openPostgres<unknown>(adminUrl, { ...options, connectionsMax: 1 });
    await work(admin).finally(() => admin.destroy());
  };
  const close = async () => {
    if (server) await server.stop();
    else await administer(admin => sql`drop database if exists ${sql.id(name)} with (force)`.execute(admin));
  };
  try {
    await administer(admin => sql`create database ${sql.id(name)}`.execute(admin));
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    const unwatched = openPostgres<Database>(url.href, options);
    const watched = new Kysely<Database>({ dialect: capture.watching(postgresDialect(url.href, options)) });
    try {
      await migrateStore(watched);
      capture.unnamed.clear(); // those of the migrations, and of the library that runs them
      await exercise(watched, unwatched);
    } finally {
      await watched.destroy();
      await unwatched.destroy();
    }
    return { url: url.href, close };
  } catch (error) {
    await close();
    throw error;
  }
}
