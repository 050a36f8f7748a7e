import type { Command } from 'commander';

/** `firstlight start`: starts the standalone run, as `npm start` does. It opens the database and keeps it open. */
export function addStart(program: Command): void {
  program
    .command('start')
    .description('run everything in one process; settings come from the environment (see .env.example)')
    .action(async () => {
      await import('../../services/standalone/main.ts');
    });
}
