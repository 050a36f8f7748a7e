import { openIncidents, rolloutsTotal, windows } from '../../../domain/metrics/definitions.ts';
import { type Family, families } from '../../../domain/metrics/families.ts';
import { type Aggregates, compute, type Formula } from '../../../domain/metrics/interpret.ts';
import { must } from '../../../domain/must.ts';

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
  const pairs = labelsText(labels);
  return `${name}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`;
}

// Prometheus keeps the label `quantile` for summaries, and its linter refuses it on a gauge.
export function typeOf(family: Family): MetricType {
  return family.series.every(({ labels }) => 'quantile' in labels) ? 'summary' : 'gauge';
}

/** The metrics that every scope has, in the order in which {@link seriesTexts} gives their series. */
export const scopeMetrics: readonly { name: string; help: string; type: MetricType }[] = [
  ...families.map(family => ({ name: family.name, help: family.help, type: typeOf(family) })),
  { ...openIncidents, type: 'gauge' },
];

interface ScopeSeries {
  /** Position in {@link scopeMetrics}. */
  readonly metric: number;
  /** What stands behind the labels of the scope. */
  readonly labels: string;
}

/** A series of each window. */
interface WindowSeries extends ScopeSeries {
  /** Position in {@link windows}. */
  readonly window: number;
  readonly formula: Formula;
}

const windowSeries: readonly WindowSeries[] = families.flatMap(({ series }, metric) =>
  windows.flatMap((days, window) =>
    series.map(({ labels, formula }) => ({
      metric,
      window,
      labels: `,${labelsText({ window: `${days}d`, ...labels })}`,
      formula,
    })),
  ),
);

/** The series of one scope: of each metric one per window and label value, the windows outside; then open incidents. */
const scopeSeries: readonly ScopeSeries[] = [...windowSeries, { metric: families.length, labels: '' }];

/** The numbers of one scope, one per series; NaN where a series has no number and is left out. */
export type ScopeValues = Float64Array;

/**
 * @param aggregates one per window
 * @param open incidents
 * @param yieldToEventLoop awaited between the series: those of a large fleet take a while
 */
export async function scopeValues(
  aggregates: readonly Aggregates[],
  open: number,
  yieldToEventLoop: () => Promise<void>,
): Promise<ScopeValues> {
  const values = new Float64Array(scopeSeries.length).fill(Number.NaN);
  for (const [i, { window, formula }] of windowSeries.entries()) {
    const ofWindow = must(aggregates[window], 'aggregates of the window');
    const value = compute(formula, ofWindow);
    if (value !== null) values[i] = value;
    await yieldToEventLoop();
  }
  values[windowSeries.length] = open;
  return values;
}

/** Labels and numbers of one scope. */
export interface RenderedScope {
  /** See {@link labelsText}. */
  readonly labels: string;
  readonly values: ScopeValues;
}

/** The series of these scopes, one text per entry of {@link scopeMetrics}. */
export function seriesTexts(prefix: Prefix, scopes: readonly RenderedScope[]): string[] {
  const texts = scopeMetrics.map(() => '');
  const starts = scopeMetrics.map(({ name }) => `${prefix}${name}{`);
  for (const { labels, values } of scopes) {
    for (const [i, series] of scopeSeries.entries()) {
      const value = values[i] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      texts[series.metric] += `${starts[series.metric]}${labels}${series.labels}} ${value}\n`;
    }
  }
  return texts;
}

/** The counters of one stream, or of the streams of an environment, since the first event. */
export interface Totals {
  /** See {@link labelsText}. */
  readonly labels: string;
  readonly exposed: number;
  readonly rolledBack: number;
}

/** The counters' series, without their header. */
export function totalsText(prefix: Prefix, totals: readonly Totals[]): string {
  const [exposed, rolledBack] = rolloutsTotal.outcomes;
  const name = prefix + rolloutsTotal.name;
  let text = '';
  for (const total of totals)
    text += `${name}{${total.labels},outcome="${exposed}"} ${total.exposed}\n${name}{${total.labels},outcome="${rolledBack}"} ${total.rolledBack}\n`;
  return text;
}

/** `service="checkout",team="payments"` */
export function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, text]) => `${label}="${escaped(text)}"`)
    .join(',');
}

function escaped(text: string): string {
  if (!/[\\"\n]/.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
