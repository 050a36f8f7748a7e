import { openIncidents, rolloutsTotal } from '../../../domain/metrics/definitions.ts';
import { allMetrics, families, labelNames } from '../../../domain/metrics/families.ts';
import { type Aggregates, compute, type Formula } from '../../../domain/metrics/interpret.ts';
import { measureSet } from '../../../domain/metrics/measures.ts';
import { countOf, type Recipe, recipeOf } from '../../../domain/metrics/receipts.ts';
import type { Stream } from '../live/source.ts';
import type { QueryFault } from '../web/query.ts';

/** A number that has receipts: one series of a metric, or several counts of it together. */
export interface AskedMetric {
  /** Prometheus name without prefix. */
  readonly name: string;
  readonly labels: Labels;
  readonly help: string;
  readonly recipe: Recipe;
  /** Whether the metric has no window: it counts what is open now, or everything since the first event. */
  readonly windowless: boolean;
  readonly value: (aggregates: Aggregates, streams: readonly Stream[]) => number | null;
}

type Labels = Readonly<Record<string, string>>;

/** The labels that a question may have, the usual one first. */
export const seriesLabels: readonly string[] = [
  'quantile',
  ...labelNames.filter(name => name !== 'quantile'),
];

const scopes = /^dora_(team_|fleet_)?/;
/** Of a distribution that is asked for without one. */
const usualQuantile = '0.5';

/** A metric with receipts, with or without windows. */
interface Listed {
  readonly name: string;
  readonly help: string;
  readonly windowless: boolean;
  readonly series: readonly ListedSeries[];
}

interface ListedSeries extends Pick<AskedMetric, 'recipe' | 'value'> {
  readonly labels: Labels;
  /** null where the metric has no windows. */
  readonly formula: Formula | null;
}

const listed: readonly Listed[] = [
  ...families.map(({ name, help, series }) => ({
    name,
    help,
    windowless: false,
    series: series.map(({ labels, formula }) => ({ labels, ...computed(formula) })),
  })),
  {
    ...openIncidents,
    windowless: true,
    series: [
      {
        labels: {},
        formula: null,
        recipe: countOf('open'),
        value: (_aggregates, streams) => sumOf(streams, stream => stream.openSince.length),
      },
    ],
  },
  {
    ...rolloutsTotal,
    windowless: true,
    series: rolloutsTotal.outcomes.map(outcome => ({
      labels: { outcome },
      formula: null,
      recipe: countOf(`ever_${outcome}`),
      value: (_aggregates, streams) =>
        sumOf(streams, stream => (outcome === 'exposed' ? stream.exposedTotal : stream.rolledBackTotal)),
    })),
  },
];

function computed(formula: Formula): Omit<ListedSeries, 'labels'> {
  return { formula, recipe: recipeOf(formula), value: aggregates => compute(formula, aggregates) };
}

function sumOf(streams: readonly Stream[], of: (stream: Stream) => number): number {
  return streams.reduce((sum, stream) => sum + of(stream), 0);
}

const metricNames = allMetrics.map(({ name }) => name);

/**
 * Finds the metric that is asked for, with or without the prefix of its scope. Without a quantile it is the median;
 * without another label, all counts of the metric together.
 * @returns faults in place of the metric where there is no such metric
 */
export function findMetric(asked: string, given: Labels): AskedMetric | QueryFault[] {
  const wantedName = asked.replace(scopes, '');
  const found = listed.find(({ name }) => name === wantedName);
  if (!found) return [{ field: 'metric', detail: `must be one of ${metricNames.join(', ')}` }];
  const { name, help, windowless } = found;
  const ownLabels = Object.keys(found.series[0]?.labels ?? {});
  const valuesOf = (label: string) => [...new Set(found.series.map(({ labels }) => labels[label]))];
  const wanted: Record<string, string> = { ...given };
  if (ownLabels.includes('quantile')) wanted['quantile'] ??= usualQuantile;
  const faults = Object.entries(wanted).flatMap(([field, value]): QueryFault[] => {
    if (!ownLabels.includes(field)) return [{ field, detail: `is no label of ${name}` }];
    const known = valuesOf(field);
    return known.includes(value) ? [] : [{ field, detail: `must be one of ${known.join(', ')}` }];
  });
  if (faults.length > 0) return faults;
  const series = found.series.filter(({ labels }) =>
    Object.entries(wanted).every(([label, value]) => labels[label] === value),
  );
  const [only, ...others] = series;
  const together = others.length === 0 ? only : countedTogether(series);
  if (together)
    return { name, labels: wanted, help, windowless, recipe: together.recipe, value: together.value };
  return ownLabels
    .filter(label => wanted[label] === undefined)
    .map(field => ({ field, detail: `is required: one of ${valuesOf(field).join(', ')}` }));
}

/** Series that count as one: null where they do not count, so that one of them has to be chosen. */
function countedTogether(series: readonly ListedSeries[]): Pick<AskedMetric, 'recipe' | 'value'> | null {
  const sets = series.flatMap(({ formula }) => (formula?.way === 'count' ? [formula.of] : []));
  if (sets.length === series.length)
    return computed({ way: 'count', of: measureSet(...sets.flatMap(({ measures }) => measures)) });
  if (series.some(({ formula }) => formula !== null)) return null;
  return {
    recipe: { way: 'count', rank: null, parts: [mergedPart(series)] },
    value: (aggregates, streams) =>
      series.reduce((sum, { value }) => sum + (value(aggregates, streams) ?? 0), 0),
  };
}

function mergedPart(series: readonly ListedSeries[]): Recipe['parts'][number] {
  return {
    part: 'samples',
    of: series.flatMap(({ recipe }) => recipe.parts.flatMap(({ of }) => of)),
    set: null,
  };
}
