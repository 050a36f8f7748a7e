import type { Aggregates, Measure, Series } from './definitions.ts';

/**
 * The receipt of a number: which samples its definition looks at, how they add up to it, and what was left
 * out for which reason. Read off the definitions themselves, so that a new metric has receipts at once.
 */

/** How the items of a receipt make the number. */
export type Way =
  /** As many as there are items. */
  | 'count'
  /** Items of the numerator ÷ items of the denominator. */
  | 'ratio'
  /** The value at the position ceil(rank × n) of the n items in the order of their values. */
  | 'quantile'
  /** The sum of the values ÷ the number of items. */
  | 'mean'
  /** The sum of the values. */
  | 'sum'
  /** The number of items ÷ the days of the period. */
  | 'per_day';

/** What an item is to the number: one of its samples, or one side of a ratio. */
export type PartName = 'samples' | 'numerator' | 'denominator';

/** What cannot be found among the samples of the period, yet has receipts. */
export type Unobserved = 'open' | 'ever_exposed' | 'ever_rolled_back';

export interface Part {
  readonly part: PartName;
  readonly of: readonly (Measure | Unobserved)[];
}

/** How a series is made of its samples. */
export interface Recipe {
  readonly way: Way;
  /** Of a quantile: from 0 to 1. */
  readonly rank: number | null;
  readonly parts: readonly Part[];
}

/** The recipe of a series of `definitions.ts`, found by letting it look at samples that only take notes. */
export function recipeOf(series: Series): Recipe {
  const counted: Measure[][] = [];
  const summed: Measure[][] = [];
  const ranked: { rank: number; of: Measure[] }[] = [];
  let perDay = false;
  const tally: Aggregates = {
    count: (...of) => {
      counted.push(of);
      return 1;
    },
    sum: (...of) => {
      summed.push(of);
      return 1;
    },
    quantile: (rank, ...of) => {
      ranked.push({ rank, of });
      return 1;
    },
    get days() {
      perDay = true;
      return 1;
    },
  };
  series.value(tally);
  const [quantile] = ranked;
  if (quantile) return recipe('quantile', samples(quantile.of), quantile.rank);
  const [sum] = summed;
  if (sum) return recipe(counted.length > 0 ? 'mean' : 'sum', samples(sum));
  const above = counted.findLast(of => !isExposed(of));
  if (above && counted.some(isExposed))
    return recipe('ratio', [
      { part: 'numerator', of: above },
      { part: 'denominator', of: ['exposed'] },
    ]);
  return recipe(perDay ? 'per_day' : 'count', samples(counted[0] ?? []));
}

const isExposed = (of: readonly Measure[]) => of.length === 1 && of[0] === 'exposed';
const samples = (of: readonly Measure[]): Part[] => [{ part: 'samples', of }];
const recipe = (way: Way, parts: readonly Part[], rank: number | null = null): Recipe => ({
  way,
  rank,
  parts,
});

/** Why something of the period is part of no number, or of this one not. */
export const reasons = [
  'merge_unknown',
  'merged_after_exposure',
  'rollback_unexposed',
  'blame_unknown',
  'resolution_undetected',
  'drill_exposed',
  'drill_rolled_back',
  'return_exposed',
  'return_rolled_back',
  'open',
  'not_blamed',
  'blamed',
  'rolled_back_before_exposure',
  'created_unknown',
  'created_after_merge',
  'never_full',
] as const;
export type Reason = (typeof reasons)[number];

/** A reason in words, as the end of a sentence that begins with the thing that was left out. */
export const reasonTexts: Readonly<Record<Reason, string>> = {
  merge_unknown: 'was exposed, but nobody told of its merge: it has no lead time',
  merged_after_exposure: 'was merged after its first exposure: it has no lead time',
  rollback_unexposed: 'was rolled back, but nobody told of its exposure: it counts once that is known',
  blame_unknown: 'names rollouts or changes, none of which could be blamed',
  resolution_undetected: 'was resolved, but nobody told of its detection: it has no length',
  drill_exposed: 'is a drill: it is shown, and counted nowhere',
  drill_rolled_back: 'is a drill: its rollback is shown, and counted nowhere',
  return_exposed:
    'is an older version coming back: it is no exposure of its own, and rolled back what it replaced',
  return_rolled_back: 'is an older version coming back: its own rollback is counted nowhere',
  open: 'is open: it joins when it is resolved',
  not_blamed: 'is blamed on no rollout: it was no failed deployment',
  blamed: 'is blamed for an incident: the outage counts in its place',
  rolled_back_before_exposure: 'was rolled back before its exposure: there was nothing to recover from',
  created_unknown: 'has a lead time, but nobody told of its creation',
  created_after_merge: 'has a lead time, but was created after its merge',
  never_full: 'has a lead time, but the rollout that exposed it never had all traffic',
};

const reasonsByMeasure: Readonly<Partial<Record<Measure | Unobserved, readonly Reason[]>>> = {
  exposed: ['drill_exposed', 'return_exposed'],
  progressive: ['drill_exposed', 'return_exposed'],
  reworked: ['drill_exposed', 'return_exposed'],
  intervened: ['drill_exposed', 'return_exposed', 'blame_unknown'],
  contained: ['rollback_unexposed', 'drill_rolled_back', 'return_rolled_back'],
  escaped: ['rollback_unexposed', 'drill_rolled_back', 'return_rolled_back'],
  lead_time: ['merge_unknown', 'merged_after_exposure'],
  created_to_merged: ['merge_unknown', 'merged_after_exposure', 'created_unknown', 'created_after_merge'],
  exposed_to_full: ['merge_unknown', 'merged_after_exposure', 'never_full'],
  restored: ['open', 'resolution_undetected'],
  outage_recovered: ['not_blamed', 'open', 'resolution_undetected'],
  rollback_recovered: [
    'blamed',
    'rolled_back_before_exposure',
    'rollback_unexposed',
    'drill_rolled_back',
    'return_rolled_back',
  ],
};

/** The reasons for which something may be left out of what a recipe looks at. */
export function reasonsOf({ parts }: Recipe): Reason[] {
  const found = new Set(parts.flatMap(({ of }) => of).flatMap(measure => reasonsByMeasure[measure] ?? []));
  return reasons.filter(reason => found.has(reason));
}
