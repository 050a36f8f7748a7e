import { exitStatus, Failure } from '../client/failure.ts';

/** The limits of a service within which its gate is open. */
export interface GateRule {
  readonly service: string;
  readonly environment: string;
  /** `7d`, `30d` or `90d`. */
  readonly window: string;
  /** null: not checked. */
  readonly maxChangeFailureRatio: number | null;
  readonly maxOpenIncidents: number | null;
  /** With fewer rollouts in the window, the ratio is not checked. */
  readonly minSamples: number;
}

export interface Verdict {
  readonly open: boolean;
  /** One line for each check, with its numbers. */
  readonly reasons: readonly string[];
}

/** Older numbers do not decide anything, in seconds. */
const ageMax = 600;

/**
 * Decides whether the gate of a service is open.
 * @param text the response of the server's `/metrics`
 * @throws {Failure} when the numbers are too old or missing
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
  const valueIn = (name: string, labels: Readonly<Record<string, string>>) =>
    numberOf(text, name, { service, environment, ...labels });
  const exposed = valueIn('dora_exposed_changes', { window });
  const openIncidents = valueIn('dora_open_incidents', {});
  if (exposed === null && openIncidents === null)
    return {
      open: true,
      reasons: [
        `  nothing is known of ${service} in ${environment}, so there is nothing against it; check --service and --environment if that surprises you`,
      ],
    };
  const verdicts = [
    ratioVerdict(valueIn('dora_change_failure_ratio', { window }), exposed ?? 0, rule),
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
 * The value of the first series that has these labels, whatever others it has; null if there is none.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
function numberOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | null {
  const expected = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] !== name) continue;
    const parts: readonly string[] = match[2]?.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? [];
    if (expected.every(part => parts.includes(part))) return Number(match[3]);
  }
  return null;
}

const escapeLabel = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
