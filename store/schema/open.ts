import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { lockFolder } from '../../platform/database/folder-lock.ts';
import { openPGlite } from '../../platform/database/pglite.ts';
import { openPostgres } from '../../platform/database/postgres.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { migrateStore } from './migrate.ts';
import type { Database, Store } from './tables.ts';

/** Where the data is: a PostgreSQL server, or a folder that PGlite works in. */
export interface DatabaseLocation {
  /** `postgres://user:password@host:port/database`; absent: the folder. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
}

export interface OpenOptions {
  /** The name of this process in `pg_stat_activity`. */
  readonly name: string;
  /** Where users reach this process; the message of a process that finds the folder locked names it. */
  readonly url: string;
  /** Connections to the server at most. */
  readonly connectionsMax: number;
  readonly logger: Logger;
}

export interface OpenStore {
  readonly db: Store;
  close(): Promise<void>;
}

/**
 * Opens the database and brings its schema up to date. A folder is locked for this process first.
 * @throws {FolderLocked} when another process works in the folder
 * @throws {Error} when the database cannot be opened or migrated
 */
export async function openStore(location: DatabaseLocation, options: OpenOptions): Promise<OpenStore> {
  const { databaseUrl, dataDir } = location;
  if (databaseUrl !== undefined) {
    const { connectionsMax, logger, name } = options;
    const db = openPostgres<Database>(databaseUrl, { connectionsMax, applicationName: name, logger });
    return migrated(db, async () => {});
  }
  const holder = { pid: process.pid, since: new Date().toISOString(), url: options.url };
  const lock = await lockFolder(dataDir, holder);
  try {
    return await migrated(await openPGlite<Database>(join(dataDir, 'database')), async () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function migrated(db: Kysely<Database>, after: () => Promise<void>): Promise<OpenStore> {
  const close = async () => {
    await db.destroy();
    await after();
  };
  try {
    await migrateStore(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, close };
}
