/** The range in which a number may lie; both ends are included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** 95 % of a normal distribution lie within this many standard deviations. */
export const z95 = 1.96;

/**
 * Wilson's score interval of a share, 95 % by default: the range in which the true share may lie, given `successes` of
 * `trials`. It stays within 0 and 1, and holds for few trials and for shares near 0 or 1 too.
 * @returns null without trials, and where there are more successes than trials. A change failure ratio can have more: a
 *   period may roll back rollouts that were exposed before it.
 * @see E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209–212;
 *   https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
export function wilson(successes: number, trials: number, z: number = z95): Interval | null {
  if (trials <= 0 || successes < 0 || successes > trials) return null;
  const share = successes / trials;
  const spread = z ** 2 / trials;
  const centre = share + spread / 2;
  const reach = z * Math.sqrt((share * (1 - share) + spread / 4) / trials);
  return {
    // For these the formula gives 0 and 1, up to rounding.
    low: successes === 0 ? 0 : Math.max(0, (centre - reach) / (1 + spread)),
    high: successes === trials ? 1 : Math.min(1, (centre + reach) / (1 + spread)),
  };
}

/**
 * Newcombe's 95 % interval of the difference of two shares: his method 10, which combines their Wilson intervals.
 * @returns the range of the first share minus the second; null where one of them has no interval
 * @see R. G. Newcombe, Interval estimation for the difference between independent proportions: comparison of eleven
 *   methods, Statistics in Medicine 17 (1998), 873–890
 */
export function differenceOf(a: Share, b: Share): Interval | null {
  const [first, second] = [wilson(a.successes, a.trials), wilson(b.successes, b.trials)];
  if (!first || !second) return null;
  const [p, q] = [a.successes / a.trials, b.successes / b.trials];
  return {
    low: p - q - Math.hypot(p - first.low, second.high - q),
    high: p - q + Math.hypot(first.high - p, q - second.low),
  };
}

/** A number of successes among trials. */
export interface Share {
  readonly successes: number;
  readonly trials: number;
}

/** The median; of an even number of values, the mean of the two in the middle; null without values. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** How a number is estimated: as a share of trials, or as the median of samples. */
export type Estimate = 'ratio' | 'median';

/**
 * The fewest samples from which a conclusion is drawn.
 * A ratio needs 10: after 0 of 10, the true ratio may still be 28 %. A median needs 6: the smallest and the largest of n
 * values miss the true median in 2 × 0.5ⁿ of all cases, which is less than 5 % from 6 values on.
 */
export const samplesMin: Readonly<Record<Estimate, number>> = { ratio: 10, median: 6 };

/** Whether there are too few samples for a conclusion, see {@link samplesMin}. */
export function tooFew(trials: number, estimate: Estimate = 'ratio'): boolean {
  return trials < samplesMin[estimate];
}

/**
 * Whether the difference of two counts is within what chance alone causes in 95 of 100 cases. The square root of a
 * count of independent events has a standard deviation of about one half, whatever the expected count.
 * @param expected the other count, taken as exact
 * @see M. S. Bartlett, The square root transformation in analysis of variance, JRSS Supplement 3 (1936), 68–78
 */
export function withinChance(count: number, expected: number): boolean {
  return 2 * Math.abs(Math.sqrt(count) - Math.sqrt(expected)) <= z95;
}
