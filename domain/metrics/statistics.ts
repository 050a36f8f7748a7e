/** From where to where a number may lie; both ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Of the standard normal distribution: 95 % lie within this many deviations. */
export const z95 = 1.96;

/**
 * Wilson's score interval of a share, 95 % by default: where the true share may lie, when `successes` of `trials`
 * were seen. It stays within 0 and 1, and is honest with few trials and with shares near 0 or 1.
 * @returns null where there is no such interval: without trials, and where there are more successes than trials.
 *   The change failure ratio can be so: a period may roll back what was exposed before it, and that is no share.
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
    // At the ends the formula gives 0 and 1, but for the last digits.
    low: successes === 0 ? 0 : Math.max(0, (centre - reach) / (1 + spread)),
    high: successes === trials ? 1 : Math.min(1, (centre + reach) / (1 + spread)),
  };
}

/**
 * Newcombe's interval of the difference of two shares (his method 10, of Wilson's two intervals), 95 %.
 * @returns from where to where the first share minus the second may lie; null where one of them has no interval
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

/** So many of so many. */
export interface Share {
  readonly successes: number;
  readonly trials: number;
}

/** The middle of the values; of an even number of them the mean of the two in the middle; null without values. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** What a number is made of: a share of trials, or the middle of samples. */
export type Estimate = 'ratio' | 'median';

/**
 * The fewest samples from which anything is concluded.
 * A ratio: 10, since even none of 10 leaves up to 28 % possible. A median: 6, since the smallest and the largest of
 * fewer values do not enclose the true median in 95 of 100 cases (they miss it in 2 × 0.5ⁿ of them).
 */
export const samplesMin: Readonly<Record<Estimate, number>> = { ratio: 10, median: 6 };

/** Whether there are too few samples to conclude anything, see {@link samplesMin}. */
export function tooFew(trials: number, estimate: Estimate = 'ratio'): boolean {
  return trials < samplesMin[estimate];
}

/**
 * Whether two counts differ by no more than chance makes counts of the same thing differ in 95 of 100 cases.
 * The root of a count of independent events has a deviation of one half, whatever is counted.
 * @param expected the other count, taken as exact
 * @see M. S. Bartlett, The square root transformation in analysis of variance, JRSS Supplement 3 (1936), 68–78
 */
export function withinChance(count: number, expected: number): boolean {
  return 2 * Math.abs(Math.sqrt(count) - Math.sqrt(expected)) <= z95;
}
