import { type Aggregates, dayMs, type Measure } from '../../../domain/metrics/definitions.ts';
import { indexAt, type StreamColumns } from './columns.ts';
import { ranking, type Slice } from './ranking.ts';

/** Half-open: `from` is included, `to` is not. Milliseconds since 1970. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** A window of so many days that ends now. */
export function windowOf(days: number, now: number): Period {
  return { from: now - days * dayMs, to: now };
}

/**
 * The observations of these streams in the period, pooled: a team's or the fleet's quantile is that of all
 * observations together, never an average of averages.
 */
export function aggregatesOf(streams: readonly StreamColumns[], { from, to }: Period): Aggregates {
  const slices = new Map<Measure, readonly Slice[]>();
  const rankings = new Map<string, (quantile: number) => number | null>();

  const slicesOf = (measure: Measure) => {
    const known = slices.get(measure);
    if (known) return known;
    const found = streams.flatMap(({ columns }) => {
      const column = columns.get(measure);
      if (!column) return [];
      const start = indexAt(column.timestamps, from);
      const end = indexAt(column.timestamps, to);
      return start < end ? [{ column, start, end }] : [];
    });
    slices.set(measure, found);
    return found;
  };

  return {
    days: (to - from) / dayMs,
    count: (...of) => {
      let count = 0;
      for (const { start, end } of of.flatMap(slicesOf)) count += end - start;
      return count;
    },
    sum: (...of) => {
      let sum = 0;
      for (const { column, start, end } of of.flatMap(slicesOf)) {
        for (let i = start; i < end; i++) sum += column.values[i] ?? 0;
      }
      return sum;
    },
    quantile: (rank, ...of) => {
      const key = of.join();
      let valueAt = rankings.get(key);
      if (!valueAt) {
        valueAt = ranking(of.flatMap(slicesOf));
        rankings.set(key, valueAt);
      }
      return valueAt(rank);
    },
  };
}
