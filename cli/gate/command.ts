import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultEnvironment } from '../../domain/events/event.ts';
import { windows } from '../../domain/metrics/definitions.ts';
import { exitStatus, Failure } from '../client/failure.ts';
import { readText } from '../client/read-text.ts';
import { type ServerOptions, serverOf, withServerOptions } from '../client/server-options.ts';
import { type GateRule, judge } from './judge.ts';

const gateStatusHelp = `
Exit status:
  0  the gate is open
  1  the gate is closed: a number is worse than its threshold; or refused by the server
  2  wrong usage
  3  the server could not be reached in all tries, or its numbers are old`;

/** `firstlight gate`: stops a pipeline while the numbers of a service are bad. */
export function addGate(program: Command): void {
  const command = program
    .command('gate')
    .description('end with status 1 when the numbers of a service are worse than thresholds')
    .requiredOption('--service <name>', 'the service that is about to be deployed')
    .option('--environment <name>', 'where it runs', defaultEnvironment)
    .option('--max-change-failure-ratio <ratio>', 'rolled back per exposed rollout, at most', amount)
    .option('--max-open-incidents <number>', 'incidents that are open now, at most', amount)
    .addOption(
      new Option('--window <window>', 'how far back the ratio looks')
        .choices(windows.map(days => `${days}d`))
        .default('30d'),
    )
    .option('--min-samples <number>', 'rollouts without which the ratio closes no gate', amount, 10);
  withServerOptions(command)
    .addHelpText('after', gateStatusHelp)
    .action(async (options: GateOptions) => {
      const rule: GateRule = {
        ...options,
        maxChangeFailureRatio: options.maxChangeFailureRatio ?? null,
        maxOpenIncidents: options.maxOpenIncidents ?? null,
      };
      if (rule.maxChangeFailureRatio === null && rule.maxOpenIncidents === null)
        throw new Failure(
          'Nothing to check: give --max-change-failure-ratio, --max-open-incidents, or both.',
          exitStatus.usage,
        );
      const { open, reasons } = judge(await readText(serverOf(options), 'metrics', {}), rule);
      const details = reasons.join('\n');
      if (!open) throw new Failure(`The gate of ${rule.service} is closed:\n${details}`, exitStatus.refused);
      console.log(`The gate of ${rule.service} is open:\n${details}`);
    });
}

interface GateOptions extends ServerOptions {
  readonly service: string;
  readonly environment: string;
  readonly window: string;
  readonly maxChangeFailureRatio?: number;
  readonly maxOpenIncidents?: number;
  readonly minSamples: number;
}

function amount(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number from 0 on.');
  return value;
}
