import type { Command } from 'commander';
import { withDatabase } from './database.ts';

/** `firstlight migrate`: brings the schema up to date, which the standalone run does by itself. */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('bring the database of DATABASE_URL (or DATA_DIR) up to date')
    .action(async () => {
      await withDatabase(async () => console.log('The database is up to date.'));
    });
}
