import { dayMs } from '../../../domain/metrics/definitions.ts';
import type { Aggregates } from '../../../domain/metrics/interpret.ts';
import type { Measure, MeasureSet } from '../../../domain/metrics/measures.ts';
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
export function aggregatesOf(streams: readonly StreamColumns[], period: Period): Aggregates {
  return new PeriodAggregates(streams, period);
}

class PeriodAggregates implements Aggregates {
  readonly days: number;
  readonly #streams: readonly StreamColumns[];
  readonly #period: Period;
  readonly #slices = new Map<Measure, readonly Slice[]>();
  readonly #rankings = new Map<MeasureSet, ReturnType<typeof ranking>>();

  constructor(streams: readonly StreamColumns[], period: Period) {
    this.#streams = streams;
    this.#period = period;
    this.days = (period.to - period.from) / dayMs;
  }

  count({ measures }: MeasureSet): number {
    let count = 0;
    for (const measure of measures)
      for (const { start, end } of this.#slicesOf(measure)) count += end - start;
    return count;
  }

  sum({ measures }: MeasureSet): number {
    let sum = 0;
    for (const measure of measures)
      for (const { column, start, end } of this.#slicesOf(measure))
        for (let i = start; i < end; i++) sum += column.values[i] ?? 0;
    return sum;
  }

  quantile(rank: number, of: MeasureSet): number | null {
    let valueAt = this.#rankings.get(of);
    if (!valueAt) {
      valueAt = ranking(of.measures.flatMap(measure => this.#slicesOf(measure)));
      this.#rankings.set(of, valueAt);
    }
    return valueAt(rank);
  }

  #slicesOf(measure: Measure): readonly Slice[] {
    const known = this.#slices.get(measure);
    if (known) return known;
    const { from, to } = this.#period;
    const found = this.#streams.flatMap(({ columns }) => {
      const column = columns.get(measure);
      if (!column) return [];
      const start = indexAt(column.timestamps, from);
      const end = indexAt(column.timestamps, to);
      return start < end ? [{ column, start, end }] : [];
    });
    this.#slices.set(measure, found);
    return found;
  }
}
