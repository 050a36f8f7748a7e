import type { Command } from 'commander';
import { rebuild } from '../../store/rebuild/rebuild.ts';
import { withDatabase } from './database.ts';

/** `firstlight rebuild`: derives every fact and number again from the raw events. */
export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .description(
      'make every fact and number again from the raw events, with the BLAME_WINDOW_MINUTES of the settings; ' +
        'on PostgreSQL the servers may go on meanwhile, a folder must not be in use',
    )
    .action(async () => {
      await withDatabase(async (db, { attributionWindowMinutes, location }) => {
        const onProgress = (events: number) => {
          if (process.stderr.isTTY) process.stderr.write(`\r${events} events`);
        };
        const total = await rebuild(db, {
          attributionWindowMinutes,
          lanes: location.databaseUrl === undefined ? 1 : 2,
          onProgress,
        });
        if (process.stderr.isTTY) process.stderr.write('\r');
        console.log(
          `Rebuilt from ${total} events, with a blame window of ${attributionWindowMinutes} minutes.`,
        );
      });
    });
}
