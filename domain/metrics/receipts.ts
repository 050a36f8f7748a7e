import type { Formula } from './interpret.ts';
import { type MeasureSet, type MetricMeasure, measures } from './measures.ts';
import { type Reason, reasons } from './reasons.ts';

/**
 * The receipt of a number: which observations it is made of, how they add up to it, and what was left out for which
 * reason. All of it is read off the definitions, so that a new metric has receipts at once.
 */

/** How the items of a receipt make the number, see {@link Formula}. */
export type Way = Formula['way'];

/** What an item is to the number: one of its samples, or one side of a ratio. */
export type PartName = 'samples' | 'numerator' | 'denominator';

/** The items of metrics without a window. They have receipts, although no observations exist of them. */
export type Unobserved = 'open' | 'ever_exposed' | 'ever_rolled_back';

export interface Part {
  readonly part: PartName;
  readonly of: readonly (MetricMeasure | Unobserved)[];
  /** The observations; null where the part is none. */
  readonly set: MeasureSet | null;
}

/** How a number is made of its items. */
export interface Recipe {
  readonly way: Way;
  /** Of a quantile: from 0 to 1. */
  readonly rank: number | null;
  readonly parts: readonly Part[];
}

export function recipeOf(formula: Formula): Recipe {
  if (formula.way === 'ratio') {
    const parts = [partOf('numerator', formula.numerator), partOf('denominator', formula.denominator)];
    return { way: 'ratio', rank: null, parts };
  }
  const rank = formula.way === 'quantile' ? formula.rank : null;
  return { way: formula.way, rank, parts: [partOf('samples', formula.of)] };
}

/** The recipe of a metric without a window. */
export function countOf(of: Unobserved): Recipe {
  return { way: 'count', rank: null, parts: [{ part: 'samples', of: [of], set: null }] };
}

function partOf(part: PartName, set: MeasureSet): Part {
  return { part, of: set.measures, set };
}

/** The parts in which each kind of item counts: of a ratio whose sides overlap, both. */
export function partNamesOf({ parts }: Recipe): ReadonlyMap<MetricMeasure | Unobserved, readonly PartName[]> {
  const names = new Map<MetricMeasure | Unobserved, PartName[]>();
  for (const { part, of } of parts)
    for (const kind of of) names.set(kind, [...(names.get(kind) ?? []), part]);
  return names;
}

/** The reasons for which something may be left out of the parts of a recipe. */
export function reasonsOf({ parts }: Recipe): Reason[] {
  const sets = parts.flatMap(({ set }) => set?.measures ?? []);
  const found = new Set<Reason>(sets.flatMap(measure => measures[measure].leftOut));
  return reasons.filter(reason => found.has(reason));
}
