import { samplesMin } from '../../../../domain/metrics/statistics.ts';
import { counted, dash, duration, percent, rate } from '../../web/words.ts';
import type { Metric } from '../headline.ts';
import type { Trend } from '../trend.ts';

/** A metric's value in words: `8 %`, `3 h 12 min`, `5.3`. */
export function valueText({ kind }: Metric, value: number | null): string {
  switch (kind) {
    case 'ratio':
      return percent(value);
    case 'median':
      return duration(value);
    case 'rate':
      return rate(value);
  }
}

/** The last full week's number with its samples: `8 % (3 of 37; 95 % interval 3–21 %)`. */
export function lastText(metric: Metric, { last, samples, successes, interval }: Trend): string {
  if (last === null) return `${dash} (${counted(0, metric.sample)})`;
  const range = interval && `${Math.round(interval.low * 100)}–${percent(interval.high)}`;
  const sample = successes === null ? counted(samples, metric.sample) : `${successes} of ${samples}`;
  return `${valueText(metric, last)} (${sample}${range ? `; 95\u00a0% interval ${range}` : ''})`;
}

/** `8 % (3 of 37; 95 % interval 3–21 %), usually 12 %: better.` */
export function trendText(metric: Metric, trend: Trend): string {
  const last = lastText(metric, trend);
  if (trend.usual === null) {
    return trend.last === null ? `${last}.` : `${last}; there are no weeks before to compare with.`;
  }
  return `${last}, usually ${valueText(metric, trend.usual)}${verdictText(metric, trend)}.`;
}

function verdictText({ better, kind }: Metric, { verdict, doubt, last, usual, samples }: Trend): string {
  if (verdict === null) return '';
  const direction = (last ?? 0) > (usual ?? 0) ? 'higher' : 'lower';
  switch (doubt) {
    case 'few': {
      const least = kind === 'rate' ? samplesMin.ratio : samplesMin[kind];
      return samples < least
        ? `: too few samples to conclude anything (fewer than ${least})`
        : ': too few samples in the weeks before to conclude anything';
    }
    case 'chance':
      return `: ${direction}, but no more than chance explains`;
    case null:
      if (verdict === 'same') return ': about the same';
      return kind === 'rate' ? `: ${better === direction ? 'more' : 'fewer'} than usual` : `: ${verdict}`;
  }
}
