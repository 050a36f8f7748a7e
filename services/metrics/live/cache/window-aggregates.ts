import { dayMs, windows } from '../../../../domain/metrics/definitions.ts';
import type { Aggregates } from '../../../../domain/metrics/interpret.ts';
import { type MeasureSet, metricMeasures } from '../../../../domain/metrics/measures.ts';
import { must } from '../../../../domain/must.ts';
import { indexAt, type StreamColumns } from '../columns.ts';
import { ranking, type Slice } from '../ranking.ts';

/** Of each measure: start, end, sum. */
const fields = 3;
const perWindow = metricMeasures.length * fields;

/**
 * The windows of a stream: where the observations of each measure begin and end in each window, and their sum. They hold
 * until an observation enters or leaves a window, so that pooling thousands of streams costs no search.
 */
export interface StreamWindows {
  readonly observations: StreamColumns;
  /** By window and measure, in the order of `metricMeasures`. */
  readonly table: Float64Array;
  /** Whether the longest window has an observation. */
  readonly any: boolean;
  /** The windows hold from `from` to `until`, both included; milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

/** The windows of a stream as they are at `now`. */
export function windowsOf(observations: StreamColumns, now: number): StreamWindows {
  const table = new Float64Array(windows.length * perWindow);
  let any = false;
  let until = Infinity;
  for (const [slot, measure] of metricMeasures.entries()) {
    const column = observations.columns.get(measure);
    if (!column) continue;
    const { timestamps, values } = column;
    const end = indexAt(timestamps, now);
    until = Math.min(until, timestamps[end] ?? Infinity);
    for (const [window, days] of windows.entries()) {
      const start = indexAt(timestamps, now - days * dayMs);
      until = Math.min(until, (timestamps[start] ?? Infinity) + days * dayMs);
      let sum = 0;
      for (let i = start; i < end; i++) sum += values[i] ?? 0;
      const at = window * perWindow + slot * fields;
      table[at] = start;
      table[at + 1] = end;
      table[at + 2] = sum;
      any ||= start < end;
    }
  }
  return { observations, table, any, from: now, until };
}

/** Whether the windows of these observations are still the same ones at `now`. */
export function isUnchanged(of: StreamWindows, observations: StreamColumns, now: number): boolean {
  return of.observations === observations && of.from <= now && now <= of.until;
}

/** The aggregates of each window over these streams together: what `aggregatesOf` the same streams gives, faster. */
export function windowAggregates(streams: readonly StreamWindows[]): Aggregates[] {
  return windows.map((days, window) => new WindowAggregates(streams, window * perWindow, days));
}

class WindowAggregates implements Aggregates {
  readonly days: number;
  readonly #streams: readonly StreamWindows[];
  /** Where the window begins in {@link StreamWindows.table}. */
  readonly #offset: number;
  readonly #counts = new Float64Array(metricMeasures.length);
  readonly #sums = new Float64Array(metricMeasures.length);
  readonly #rankings = new Map<MeasureSet, ReturnType<typeof ranking>>();

  constructor(streams: readonly StreamWindows[], offset: number, days: number) {
    this.days = days;
    this.#streams = streams;
    this.#offset = offset;
    const counts = this.#counts;
    const sums = this.#sums;
    for (const { table } of streams) {
      for (let slot = 0, at = offset; slot < metricMeasures.length; slot++, at += fields) {
        counts[slot] = (counts[slot] ?? 0) + (table[at + 1] ?? 0) - (table[at] ?? 0);
        sums[slot] = (sums[slot] ?? 0) + (table[at + 2] ?? 0);
      }
    }
  }

  count({ slots }: MeasureSet): number {
    return total(this.#counts, slots);
  }

  sum({ slots }: MeasureSet): number {
    return total(this.#sums, slots);
  }

  quantile(rank: number, of: MeasureSet): number | null {
    let valueAt = this.#rankings.get(of);
    if (!valueAt) {
      valueAt = ranking(of.slots.flatMap(slot => this.#slicesOf(slot)));
      this.#rankings.set(of, valueAt);
    }
    return valueAt(rank);
  }

  #slicesOf(slot: number): Slice[] {
    const measure = must(metricMeasures[slot], 'measure in the slot');
    const at = this.#offset + slot * fields;
    const slices: Slice[] = [];
    for (const { observations, table } of this.#streams) {
      const start = table[at] ?? 0;
      const end = table[at + 1] ?? 0;
      const column = start < end && observations.columns.get(measure);
      if (column) slices.push({ column, start, end });
    }
    return slices;
  }
}

function total(totals: Float64Array, slots: readonly number[]): number {
  let sum = 0;
  for (const slot of slots) sum += totals[slot] ?? 0;
  return sum;
}
