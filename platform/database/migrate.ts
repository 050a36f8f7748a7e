import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/**
 * Runs the migrations that the database has not had yet, in the order of their names, all in one transaction.
 * Several processes may run it at once: on PostgreSQL they wait for each other.
 * @returns the names of the migrations that ran; empty when the schema was up to date
 * @throws {Error} which names the failed migration; all changes of this run are rolled back
 */
export async function migrate<T>(
  db: Kysely<T>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    allowUnorderedMigrations: false,
  });
  // Kysely's Migrator never throws: without these checks the caller would take a failure for a success.
  const { error, results } = await migrator.migrateToLatest();
  const failed = results?.find(result => result.status === 'Error');
  if (failed)
    throw new Error(
      `the migration ${failed.migrationName} failed and nothing was changed: ${messageOf(error)}`,
      { cause: error },
    );
  if (error !== undefined)
    throw new Error(`the database could not be migrated: ${messageOf(error)}`, { cause: error });
  return (results ?? []).map(result => result.migrationName);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
