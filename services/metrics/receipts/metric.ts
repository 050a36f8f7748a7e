import {
  type Aggregates,
  families,
  openIncidents,
  rolloutsTotal,
} from '../../../domain/metrics/definitions.ts';
import { type Part, type Recipe, recipeOf } from '../../../domain/metrics/receipts.ts';
import type { Stream } from '../live/source.ts';
import type { QueryFault } from '../web/query.ts';

/** A number that has receipts: one series of a metric, or several counts of it together. */
export interface AskedMetric {
  /** Prometheus name without prefix. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly help: string;
  readonly recipe: Recipe;
  /** Without a window: what is open now, and what is counted since the beginning of the record. */
  readonly windowless: boolean;
  readonly value: (tally: Aggregates, streams: readonly Stream[]) => number | null;
}

/** The labels by which the series of a metric are told apart. */
export const seriesLabels = ['quantile', 'containment', 'stage', 'outcome'] as const;
export type SeriesLabels = Readonly<Partial<Record<(typeof seriesLabels)[number], string>>>;

const scopes = /^dora_(team_|fleet_)?/;
/** Of a distribution that is asked for without one. */
const usualQuantile = '0.5';

export const metricNames: readonly string[] = [
  ...families.map(family => family.name),
  openIncidents.name,
  rolloutsTotal.name,
];

/**
 * Finds the metric that is asked for, with or without the prefix of its scope. Without a quantile it is the median;
 * without another label, all counts of the metric together.
 * @returns faults in place of the metric where there is none such
 */
export function findMetric(asked: string, given: SeriesLabels): AskedMetric | QueryFault[] {
  const name = asked.replace(scopes, '');
  const windowless = windowlessOf(name);
  const family = windowless ?? known.get(name);
  if (!family) return [{ field: 'metric', detail: `must be one of ${metricNames.join(', ')}` }];
  const labels = Object.keys(family.series[0]?.labels ?? {});
  const wanted: Record<string, string> = { ...given };
  if (labels.includes('quantile')) wanted['quantile'] ??= usualQuantile;
  const faults = Object.entries(wanted).flatMap(([field, value]): QueryFault[] => {
    if (!labels.includes(field)) return [{ field, detail: `is no label of ${name}` }];
    const known = [...new Set(family.series.map(series => series.labels[field]))];
    return known.includes(value) ? [] : [{ field, detail: `must be one of ${known.join(', ')}` }];
  });
  if (faults.length > 0) return faults;
  const series = family.series.filter(each =>
    Object.entries(wanted).every(([label, value]) => each.labels[label] === value),
  );
  const [first, ...others] = series;
  if (!first) return [{ field: 'metric', detail: `must be one of ${metricNames.join(', ')}` }];
  if (others.length > 0 && first.recipe.way !== 'count')
    return labels
      .filter(label => wanted[label] === undefined)
      .map(field => ({
        field,
        detail: `is required: one of ${[...new Set(family.series.map(each => each.labels[field]))].join(', ')}`,
      }));
  return {
    name,
    labels: wanted,
    help: family.help,
    windowless: windowless !== null,
    recipe: others.length === 0 ? first.recipe : pooled(series.map(each => each.recipe)),
    value: (tally, streams) =>
      others.length === 0
        ? first.value(tally, streams)
        : series.reduce((sum, each) => sum + (each.value(tally, streams) ?? 0), 0),
  };
}

interface FoundFamily {
  readonly help: string;
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly recipe: Recipe;
    readonly value: AskedMetric['value'];
  }[];
}

const known: ReadonlyMap<string, FoundFamily> = new Map(
  families.map(family => [
    family.name,
    {
      help: family.help,
      series: family.series.map(series => ({
        labels: series.labels,
        recipe: recipeOf(series),
        value: tally => series.value(tally),
      })),
    },
  ]),
);

function windowlessOf(name: string): FoundFamily | null {
  const count = (of: Part['of']): Recipe => ({ way: 'count', rank: null, parts: [{ part: 'samples', of }] });
  if (name === openIncidents.name)
    return {
      help: openIncidents.help,
      series: [
        {
          labels: {},
          recipe: count(['open']),
          value: (_tally, streams) => sum(streams.map(stream => stream.openSince.length)),
        },
      ],
    };
  if (name === rolloutsTotal.name)
    return {
      help: rolloutsTotal.help,
      series: rolloutsTotal.outcomes.map(outcome => ({
        labels: { outcome },
        recipe: count([outcome === 'exposed' ? 'ever_exposed' : 'ever_rolled_back']),
        value: (_tally, streams) =>
          sum(streams.map(stream => (outcome === 'exposed' ? stream.exposedTotal : stream.rolledBackTotal))),
      })),
    };
  return null;
}

function pooled(recipes: readonly Recipe[]): Recipe {
  const of = recipes.flatMap(({ parts }) => parts.flatMap(part => part.of));
  return { way: 'count', rank: null, parts: [{ part: 'samples', of }] };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
