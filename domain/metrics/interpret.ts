import type { MeasureSet, MetricMeasure } from './measures.ts';

/** The observations of one scope (a service, a team, the fleet) in one period, as formulas read them. */
export interface Aggregates {
  /** Length of the period in days. */
  readonly days: number;
  /** How many observations. */
  count(of: MeasureSet): number;
  /** Sum of the values, in milliseconds. */
  sum(of: MeasureSet): number;
  /** Nearest-rank quantile of the values, in milliseconds; null without observations. */
  quantile(rank: number, of: MeasureSet): number | null;
}

/** How one number is computed from observations. Lengths of time come out in seconds. */
export type Formula =
  /** How many observations. */
  | { readonly way: 'count'; readonly of: MeasureSet }
  /** The sum of the values. */
  | { readonly way: 'sum'; readonly of: MeasureSet }
  /** The number of observations ÷ the days of the period. */
  | { readonly way: 'per_day'; readonly of: MeasureSet }
  /** The sum of the values ÷ the number of observations. */
  | { readonly way: 'mean'; readonly of: MeasureSet }
  /** The value at the position ceil(rank × n) of the n values in order. */
  | { readonly way: 'quantile'; readonly of: MeasureSet; readonly rank: number }
  /** The number of observations of the one ÷ the number of the other. */
  | { readonly way: 'ratio'; readonly numerator: MeasureSet; readonly denominator: MeasureSet };

/** The number in the unit of its metric; null where there is nothing to say. */
export function compute(formula: Formula, aggregates: Aggregates): number | null {
  switch (formula.way) {
    case 'count':
      return aggregates.count(formula.of);
    case 'sum':
      return aggregates.sum(formula.of) / 1000;
    case 'per_day':
      return aggregates.count(formula.of) / aggregates.days;
    case 'mean': {
      const count = aggregates.count(formula.of);
      return count === 0 ? null : aggregates.sum(formula.of) / count / 1000;
    }
    case 'quantile': {
      const value = aggregates.quantile(formula.rank, formula.of);
      return value === null ? null : value / 1000;
    }
    case 'ratio': {
      const trials = aggregates.count(formula.denominator);
      return trials === 0 ? null : aggregates.count(formula.numerator) / trials;
    }
  }
}

/** What a number stands on. */
export interface Basis {
  /** How many observations; of a ratio those of the denominator. */
  readonly samples: number;
  /** Of a ratio the observations of the numerator; else null. */
  readonly successes: number | null;
}

export function basisOf(formula: Formula, aggregates: Aggregates): Basis {
  return formula.way === 'ratio'
    ? { samples: aggregates.count(formula.denominator), successes: aggregates.count(formula.numerator) }
    : { samples: aggregates.count(formula.of), successes: null };
}

/** What formulas read of {@link Aggregates}. */
export interface Reads {
  /** Measures that are counted or added up. */
  readonly measures: ReadonlySet<MetricMeasure>;
  /** Sets of which quantiles are taken. */
  readonly ranked: ReadonlySet<MeasureSet>;
}

export function readsOf(formulas: readonly Formula[]): Reads {
  const measures = new Set<MetricMeasure>();
  const ranked = new Set<MeasureSet>();
  for (const formula of formulas) {
    if (formula.way === 'quantile') ranked.add(formula.of);
    else for (const measure of measuresOf(formula)) measures.add(measure);
  }
  return { measures, ranked };
}

function measuresOf(formula: Formula): readonly MetricMeasure[] {
  return formula.way === 'ratio'
    ? [...formula.numerator.measures, ...formula.denominator.measures]
    : formula.of.measures;
}
