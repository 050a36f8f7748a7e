import { type Kysely, sql } from 'kysely';
import { openPostgres } from '../../platform/database/postgres.ts';
import { migrateStore } from '../../store/schema/migrate.ts';
import type { Database } from '../../store/schema/tables.ts';
import { type Server, startServer } from '../../test/support/databases/server.ts';

/** A database with the schema on a server of its own. */
export interface BenchDatabase {
  readonly url: string;
  readonly db: Kysely<Database>;
  close(): Promise<void>;
}

/** The PostgreSQL that `npm ci` installs, with fsync, and with settings for many writes. */
export async function startPostgres(): Promise<Server> {
  const settings = ['shared_buffers=1GB', 'max_wal_size=8GB', 'checkpoint_timeout=15min'];
  return startServer('postgres18', { durable: true, settings });
}

let made = 0;

export async function freshDatabase(server: Server, connectionsMax = 4): Promise<BenchDatabase> {
  made += 1;
  const name = `bench_${made}`;
  const admin = openPostgres(server.url, { connectionsMax: 1, applicationName: 'firstlight bench' });
  await sql`create database ${sql.id(name)}`.execute(admin);
  await admin.destroy();
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const db = openPostgres<Database>(url.href, { connectionsMax, applicationName: 'firstlight bench' });
  await migrateStore(db);
  return { url: url.href, db, close: () => db.destroy() };
}
