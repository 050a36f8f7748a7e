import { type Family, families, openIncidents, rolloutsTotal, windows } from '../../domain/definitions.ts';
import type { Scope } from './scopes.ts';
import type { Line } from './source.ts';
import { tallyOf, windowOf } from './tally.ts';

/**
 * Prometheus text format 0.0.4.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;
export type MetricType = 'counter' | 'gauge' | 'summary';

/** The prefix of a metric's name says whose number it is. */
export const prefixes = { service: 'dora_', team: 'dora_team_', fleet: 'dora_fleet_' } as const;
export type Prefix = (typeof prefixes)[keyof typeof prefixes];

/** The HELP and TYPE lines of one metric. */
export function headerText(name: string, help: string, type: MetricType): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
}

/** One series; JavaScript's shortest spelling of a number is one that Prometheus reads as the same number. */
export function seriesText(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
}

// Prometheus keeps the label `quantile` for summaries, and its linter refuses it on a gauge.
export function typeOf(family: Family): MetricType {
  return family.series.every(({ labels }) => 'quantile' in labels) ? 'summary' : 'gauge';
}

/** The metrics that every scope has, in the order in which {@link scopeTexts} gives their series. */
export const scopeMetrics: readonly { name: string; help: string; type: MetricType }[] = [
  ...families.map(family => ({ name: family.name, help: family.help, type: typeOf(family) })),
  { ...openIncidents, type: 'gauge' },
];

/** All series of one scope at `now`, one text per entry of {@link scopeMetrics}. What has no value has no series. */
export function scopeTexts(prefix: Prefix, { labels, lines }: Scope, now: number): string[] {
  const tallies = windows.map(days => ({
    labels: { ...labels, window: `${days}d` },
    tally: tallyOf(lines, windowOf(days, now)),
  }));
  const windowed = families.map(family =>
    tallies
      .flatMap(of => family.series.map(series => ({ of, series, value: series.value(of.tally) })))
      .map(({ of, series, value }) =>
        value === null ? '' : seriesText(prefix + family.name, { ...of.labels, ...series.labels }, value),
      )
      .join(''),
  );
  const open = lines.reduce((sum, { line }) => sum + line.openSince.length, 0);
  return [...windowed, seriesText(prefix + openIncidents.name, labels, open)];
}

/** The counters since the beginning of the record: every line ever exposed, and the fleet by environment. */
export function counterText(lines: readonly Line[]): string {
  const exposed = lines.filter(line => line.exposedTotal > 0);
  const byEnvironment = [...Map.groupBy(exposed, line => line.environment)];
  const perLine = exposed.map(line =>
    outcomeTexts(
      prefixes.service,
      { service: line.service, team: line.team, environment: line.environment },
      [line],
    ),
  );
  const perFleet = byEnvironment.map(([environment, of]) =>
    outcomeTexts(prefixes.fleet, { environment }, of),
  );
  return counter(prefixes.service, perLine) + counter(prefixes.fleet, perFleet);
}

function counter(prefix: Prefix, series: readonly string[]): string {
  if (series.length === 0) return '';
  return headerText(prefix + rolloutsTotal.name, rolloutsTotal.help, 'counter') + series.join('');
}

function outcomeTexts(prefix: Prefix, labels: Labels, lines: readonly Line[]): string {
  const totals = { exposed: 0, rolled_back: 0 };
  for (const line of lines) {
    totals.exposed += line.exposedTotal;
    totals.rolled_back += line.rolledBackTotal;
  }
  return rolloutsTotal.outcomes
    .map(outcome => seriesText(prefix + rolloutsTotal.name, { ...labels, outcome }, totals[outcome]))
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
