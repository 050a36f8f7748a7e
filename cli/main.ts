import { Command, CommanderError } from 'commander';
import { exitStatus, Failure } from './client/failure.ts';

/** Each command is loaded only when it is called: loading all of them takes most of a second. */
const commands = new Map<string, () => Promise<(program: Command) => void>>([
  ['start', async () => (await import('./local/start.ts')).addStart],
  ['emit', async () => (await import('./emit/command.ts')).addEmit],
  ['import', async () => (await import('./import-git/command.ts')).addImport],
  ['gate', async () => (await import('./gate/command.ts')).addGate],
  ['token', async () => (await import('./token.ts')).addToken],
  ['migrate', async () => (await import('./local/migrate.ts')).addMigrate],
  ['rebuild', async () => (await import('./local/rebuild.ts')).addRebuild],
  ['export', async () => (await import('./export/command.ts')).addExport],
  ['receipts', async () => (await import('./receipts/command.ts')).addReceipts],
  ['replay', async () => (await import('./replay/command.ts')).addReplay],
  ['openapi', async () => (await import('./openapi.ts')).addOpenApi],
  ['weekly', async () => (await import('./weekly/command.ts')).addWeekly],
]);

const program = new Command('firstlight')
  .description('DORA metrics for teams that ship with canaries, blue/green and feature flags')
  .showHelpAfterError('(add --help to see the usage)')
  .exitOverride();

const called = commands.get(process.argv[2] ?? '');
for (const load of called ? [called] : commands.values()) (await load())(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Failure) {
    console.error(error.message);
    process.exitCode = error.status;
  } else if (error instanceof CommanderError) {
    // Commander has already printed the error. Its exit status is 1, which means "refused" for this program.
    process.exitCode = error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
  } else {
    throw error;
  }
}
