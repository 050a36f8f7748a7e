import { FolderLocked } from '../../platform/database/folder-lock.ts';
import { ConfigError, loadEnvFile } from '../../platform/process/config.ts';
import { createLogger } from '../../platform/telemetry/log.ts';
import { type DatabaseConfig, readDatabaseConfig } from '../../services/standalone/config.ts';
import { openStore } from '../../store/schema/open.ts';
import type { Store } from '../../store/schema/tables.ts';
import { exitStatus, Failure } from '../client/failure.ts';

/**
 * Opens the database of the settings (`DATABASE_URL`, else `DATA_DIR`), brings its schema up to date, runs `work`,
 * and closes the database. `migrate`, `rebuild` and `replay` (without Kafka) use it.
 * @throws {Failure} when the settings are wrong or another process uses the folder
 */
export async function withDatabase(
  work: (db: Store, config: DatabaseConfig) => Promise<void>,
): Promise<void> {
  try {
    loadEnvFile();
    const config = readDatabaseConfig(process.env);
    const logger = createLogger({ name: 'firstlight', level: 'error' });
    const options = { name: 'firstlight command line', url: 'the command line', connectionsMax: 2, logger };
    const store = await openStore(config.location, options);
    try {
      await work(store.db, config);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof ConfigError || error instanceof FolderLocked)
      throw new Failure(error.message, exitStatus.usage);
    throw error;
  }
}
