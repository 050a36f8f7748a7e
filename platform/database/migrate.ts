import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/**
 * Brings the schema to the last of `migrations`, which run in the order of their names, all in one transaction.
 * Safe when many processes run it at once: on PostgreSQL they wait for each other.
 * @returns the names of those that ran now; empty when the schema was up to date
 * @throws {Error} naming the migration that failed; nothing of this run was kept then
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
  // Kysely's Migrator never throws; an error that is not looked at here would be a success to everybody else.
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
