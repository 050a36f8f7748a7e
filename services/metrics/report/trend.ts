import {
  differenceOf,
  type Interval,
  median,
  tooFew,
  wilson,
  withinChance,
} from '../../../domain/metrics/statistics.ts';
import { type Metric, metrics } from './headline.ts';
import type { Numbers } from './numbers.ts';

/** A number of the last full week against what is usual. */
export interface Trend {
  /** {@link Metric.name} */
  readonly metric: string;
  /** null: no samples. */
  readonly last: number | null;
  /** The median of the full weeks before, of those that have the number; null where none has. */
  readonly usual: number | null;
  /** The samples of the last full week; for a ratio, its trials. */
  readonly samples: number;
  /** The samples of the weeks before, together. */
  readonly usualSamples: number;
  /** The trials of a ratio that count; null for other metrics. */
  readonly successes: number | null;
  /** Wilson's 95 % interval of a ratio; null for other metrics, and where there is none. */
  readonly interval: Interval | null;
  /**
   * `same`: last week and usual differ by less than a fifth of usual, or by less than one percentage point, one minute
   * or one rollout a week. null: one of the two is missing.
   */
  readonly verdict: 'better' | 'worse' | 'same' | null;
  /**
   * Why the verdict proves nothing; null: it holds.
   * `few`: there are too few samples, see `samplesMin`.
   * `chance`: chance explains the difference. The interval of a ratio includes the usual ratio, or the interval of its
   * difference from the weeks before includes 0; a median lies between the lowest and the highest of the weeks before;
   * numbers of rollouts differ no more than counts do by chance.
   */
  readonly doubt: 'few' | 'chance' | null;
}

/** The last full week is compared with the median of this many full weeks before it. */
export const weeksBefore = 4;
/** A difference of less than this part of what is usual is about the same. */
export const noticeable = 0.2;
/** A smaller difference is about the same, however little is usual. */
const smallest: Readonly<Record<Metric['kind'], number>> = { ratio: 0.01, median: 60, rate: 1 / 7 };

/**
 * The headline numbers of the last full week against the full weeks before it.
 * @param last null when no week is over yet
 * @param before oldest first, at most {@link weeksBefore}; the first of them do not count as long as they have no
 *   samples: they may lie before the first event of the store
 */
export function trendsOf(last: Numbers | null, before: readonly Numbers[]): Trend[] {
  const started = before.findIndex(numbers => metrics.some(metric => metric.samples(numbers) > 0));
  const weeks = started < 0 ? [] : before.slice(started);
  return metrics.map(metric => trendOf(metric, last, weeks));
}

function trendOf(metric: Metric, last: Numbers | null, weeks: readonly Numbers[]): Trend {
  const value = last && metric.value(last);
  const values = weeks.map(metric.value).filter(each => each !== null);
  const usual = median(values);
  const samples = last ? metric.samples(last) : 0;
  const usualSamples = sumOf(weeks, metric.samples);
  const successes = last && metric.successes ? metric.successes(last) : null;
  const interval = successes === null ? null : wilson(successes, samples);
  const compared = value !== null && usual !== null;
  const verdict = compared ? verdictOf(metric, value, usual) : null;
  const isFew =
    metric.kind === 'rate'
      ? tooFew(usualSamples)
      : tooFew(samples, metric.kind) || tooFew(usualSamples, metric.kind);
  const before = { successes: sumOf(weeks, metric.successes), trials: usualSamples };
  const isChance = () => {
    if (metric.kind === 'rate') return withinChance(samples, median(weeks.map(metric.samples)) ?? 0);
    if (metric.kind === 'median')
      return value !== null && holds({ low: Math.min(...values), high: Math.max(...values) }, value);
    if (successes === null || usual === null) return false;
    const difference = differenceOf({ successes, trials: samples }, before);
    return holds(interval, usual) || holds(difference, 0);
  };
  const moved = verdict === 'better' || verdict === 'worse';
  const doubt = !compared ? null : isFew ? 'few' : moved && isChance() ? 'chance' : null;
  return {
    metric: metric.name,
    last: value,
    usual,
    samples,
    usualSamples,
    successes,
    interval,
    verdict,
    doubt,
  };
}

function sumOf(weeks: readonly Numbers[], of: Metric['successes']): number {
  return weeks.reduce((sum, numbers) => sum + (of?.(numbers) ?? 0), 0);
}

function holds(interval: Interval | null, value: number): boolean {
  return interval !== null && interval.low <= value && value <= interval.high;
}

function verdictOf({ kind, better }: Metric, last: number, usual: number): 'better' | 'worse' | 'same' {
  const difference = last - usual;
  if (Math.abs(difference) < Math.max(noticeable * usual, smallest[kind])) return 'same';
  return difference > 0 === (better === 'higher') ? 'better' : 'worse';
}

/** The difference as a part of what is usual: 1 where the number doubled or fell to 0. */
export function trendSize({ kind }: Metric, { last, usual }: Trend): number {
  if (last === null || usual === null) return 0;
  return Math.abs(last - usual) / Math.max(usual, smallest[kind]);
}
