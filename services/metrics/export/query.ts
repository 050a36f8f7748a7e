import { parseTime } from '../../../domain/events/time.ts';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import { labelNames } from '../../../domain/metrics/families.ts';
import type { Labels } from '../prometheus/exposition.ts';
import { type QueryFault, textsOf, unknownParameters } from '../web/query.ts';
import type { Steps } from './counter-history.ts';

export interface ExportQuery {
  readonly steps: Steps;
  /** Labels that every series gets. */
  readonly added: Labels;
}

/** More than a year in steps of 6 minutes. */
const stepsMax = 90_000;
const everyMinMs = 60_000;
const defaultEvery = '1h';
const known = ['from', 'to', 'every', 'label'];
const reservedLabels = ['service', 'team', 'environment', 'window', ...labelNames];
const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: dayMs };

/**
 * Reads the query of an export: `from` and `to` as RFC 3339 or as a day (midnight UTC), `every` as `15m`, `1h`, `1d`,
 * and any number of `label`s as `name=value`. Steps are at multiples of `every` since 1970, as in Prometheus' graphs;
 * `to` is at most `now`.
 */
export function readExportQuery(
  query: Readonly<Record<string, unknown>>,
  now: number,
): { readonly asked: ExportQuery; readonly faults: readonly QueryFault[] } {
  const faults: QueryFault[] = [];
  const fault = (field: string, detail: string) => faults.push({ field, detail });
  const text = textsOf(query, faults);
  const time = (field: string): number | null => {
    const given = text(field);
    if (given === null) return null;
    const at = parseTime(/^\d{4}-\d\d-\d\d$/.test(given) ? `${given}T00:00:00Z` : given);
    if (at === null) fault(field, 'must be a day (2025-11-01) or an RFC 3339 time (2025-11-01T00:00:00Z)');
    return at;
  };
  faults.push(...unknownParameters(query, known));

  const from = time('from');
  if (from === null && faults.every(({ field }) => field !== 'from'))
    fault('from', 'is missing: where the export begins, such as 2025-11-01');
  const to = Math.min(time('to') ?? now, now);
  const every = parseEvery(text('every') ?? defaultEvery);
  if (every === null) fault('every', 'must be a length such as 15m, 1h or 1d, at least 1m');
  const steps = stepsOf(from ?? to, to, every ?? dayMs);
  if (faults.length === 0 && steps.count < 1)
    fault('from', 'must lie before the end, with at least one step between');
  if (steps.count > stepsMax)
    fault('every', `makes ${steps.count} steps, and at most ${stepsMax} are possible: take longer ones`);
  return { asked: { steps, added: readLabels(query['label'], fault) }, faults };
}

function stepsOf(from: number, to: number, every: number): Steps {
  const first = Math.ceil(from / every) * every;
  return { first, every, count: Math.max(0, Math.floor((to - first) / every) + 1) };
}

function parseEvery(text: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const every = Number(count) * (units[unit] ?? 0);
  return every >= everyMinMs ? every : null;
}

function readLabels(given: unknown, fault: (field: string, detail: string) => void): Labels {
  const labels: Record<string, string> = {};
  for (const pair of [given ?? []].flat()) {
    const [, name, value] = /^([a-zA-Z_]\w*)=(.+)$/s.exec(String(pair)) ?? [];
    if (name === undefined || value === undefined || name.startsWith('__'))
      fault('label', 'must be a name and a value, such as job=firstlight');
    else if (reservedLabels.includes(name)) fault('label', `${name} is a label of the numbers themselves`);
    else labels[name] = value;
  }
  return labels;
}
