import { Command, CommanderError } from 'commander';
import { addEmit } from './emit.ts';
import { addExport } from './export/command.ts';
import { exitStatus, Failure } from './failure.ts';
import { addGate } from './gate.ts';
import { addImport } from './import-git/command.ts';
import { addMigrate } from './migrate.ts';
import { addOpenApi } from './openapi.ts';
import { addRebuild } from './rebuild.ts';
import { addReceipts } from './receipts.ts';
import { addReplay } from './replay/command.ts';
import { addStart } from './start.ts';
import { addToken } from './token.ts';
import { addWeekly } from './weekly/command.ts';

const program = new Command('firstlight')
  .description('DORA metrics for teams that ship with canaries, blue/green and feature flags')
  .showHelpAfterError('(add --help to see the usage)')
  .exitOverride();

addStart(program);
addEmit(program);
addImport(program);
addGate(program);
addToken(program);
addMigrate(program);
addRebuild(program);
addExport(program);
addReceipts(program);
addReplay(program);
addOpenApi(program);
addWeekly(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Failure) {
    console.error(error.message);
    process.exitCode = error.status;
  } else if (error instanceof CommanderError) {
    // Commander has already said what is wrong; its own status for that is 1, which is "refused" here.
    process.exitCode = error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
  } else {
    throw error;
  }
}
