import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultEnvironment } from '../domain/events/event.ts';
import { windows } from '../domain/metrics/definitions.ts';
import { exitStatus, Failure } from './client/failure.ts';
import { readText } from './client/read-text.ts';
import { type ServerOptions, serverOf, withServerOptions } from './client/server-options.ts';

/** What a service may be like at most, for its gate to be open. */
export interface GateRule {
  readonly service: string;
  readonly environment: string;
  /** `7d`, `30d` or `90d`. */
  readonly window: string;
  /** null: not looked at. */
  readonly maxChangeFailureRatio: number | null;
  readonly maxOpenIncidents: number | null;
  /** With fewer rollouts in the window a ratio says too little to close the gate. */
  readonly minSamples: number;
}

export interface Verdict {
  readonly open: boolean;
  /** What was found, a sentence each. */
  readonly reasons: readonly string[];
}

const gateStatusHelp = `
Exit status:
  0  the gate is open
  1  the gate is closed: a number is worse than its threshold; or refused by the server
  2  wrong usage
  3  the server could not be reached in all tries, or its numbers are old`;

/** Older numbers are none to decide by, in seconds. */
const ageMax = 600;

/** `firstlight gate`: for a pipeline that should wait while a service does badly. */
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
      const said = reasons.join('\n');
      if (!open) throw new Failure(`The gate of ${rule.service} is closed:\n${said}`, exitStatus.refused);
      console.log(`The gate of ${rule.service} is open:\n${said}`);
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

/**
 * @param text the server's `/metrics`
 * @throws {Failure} when its numbers are too old, or not there yet
 */
export function judge(text: string, rule: GateRule): Verdict {
  const age = numberOf(text, 'firstlight_snapshot_age_seconds');
  if (age === null)
    throw new Failure('The server shows no numbers of Firstlight: check --url.', exitStatus.unavailable);
  if (age > ageMax)
    throw new Failure(
      `The server's numbers are ${Math.round(age / 60)} minutes old: its database does not answer. Try again later.`,
      exitStatus.unavailable,
    );
  const { service, environment, window, minSamples } = rule;
  const ask = (name: string, labels: Readonly<Record<string, string>>) =>
    numberOf(text, name, { service, environment, ...labels });
  const exposed = ask('dora_exposed_changes', { window });
  const openIncidents = ask('dora_open_incidents', {});
  if (exposed === null && openIncidents === null)
    return {
      open: true,
      reasons: [
        `  nothing is known of ${service} in ${environment}, so there is nothing against it; check --service and --environment if that surprises you`,
      ],
    };
  const verdicts = [
    ratioVerdict(ask('dora_change_failure_ratio', { window }), exposed ?? 0, rule),
    countVerdict(openIncidents ?? 0, rule.maxOpenIncidents),
  ].filter(verdict => verdict !== null);
  return {
    open: verdicts.every(verdict => verdict.open),
    reasons: verdicts.map(verdict => `  ${verdict.reason}`),
  };

  function ratioVerdict(ratio: number | null, samples: number, { maxChangeFailureRatio: max }: GateRule) {
    if (max === null) return null;
    if (ratio === null || samples < minSamples)
      return {
        open: true,
        reason: `change failure ratio: ${samples} rollouts in ${window} are too few to judge (--min-samples ${minSamples})`,
      };
    const open = ratio <= max;
    const relation = open ? 'at most' : 'more than';
    return {
      open,
      reason: `change failure ratio: ${ratio.toFixed(3)} of ${samples} rollouts in ${window}, ${relation} ${max}`,
    };
  }

  function countVerdict(count: number, max: number | null) {
    if (max === null) return null;
    const open = count <= max;
    return { open, reason: `open incidents: ${count}, ${open ? 'at most' : 'more than'} ${max}` };
  }
}

/**
 * The value of the series with these labels, others aside; null where there is none.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
function numberOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | null {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] !== name) continue;
    const parts: readonly string[] = match[2]?.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? [];
    if (wanted.every(part => parts.includes(part))) return Number(match[3]);
  }
  return null;
}

const escapeLabel = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

function amount(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number from 0 on.');
  return value;
}
