import { dayMs } from '../../../domain/metrics/definitions.ts';
import type { Aggregates, Reads } from '../../../domain/metrics/interpret.ts';
import type { MeasureSet, MetricMeasure } from '../../../domain/metrics/measures.ts';
import { must } from '../../../domain/must.ts';
import type { StreamColumns } from '../live/columns.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';

/** Observations of several streams together, in the order of time. */
interface Pooled {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/**
 * A window that slides forward over the observations of some streams. Counts, sums and ranks are updated at each step,
 * so that a step costs what enters and leaves the window. Quantiles are exact.
 */
export class SlidingAggregates implements Aggregates {
  readonly days: number;
  readonly #totals: ReadonlyMap<MetricMeasure, Totals>;
  readonly #ranked: ReadonlyMap<MeasureSet, RankedWindow>;

  /** @param observations see {@link poolObservations}; several windows may slide over the same ones */
  constructor(observations: PooledObservations, days: number) {
    this.days = days;
    const { measures, ranked } = observations;
    this.#totals = new Map(measures.entries().map(([measure, pooled]) => [measure, new Totals(pooled)]));
    this.#ranked = new Map(ranked.entries().map(([set, of]) => [set, new RankedWindow(of)]));
  }

  /** The window ends at `to`, which is excluded. */
  slideTo(to: number): void {
    const from = to - this.days * dayMs;
    for (const totals of this.#totals.values()) totals.slide(from, to);
    for (const ranked of this.#ranked.values()) ranked.slide(from, to);
  }

  count({ measures }: MeasureSet): number {
    let count = 0;
    for (const measure of measures) count += this.#totalsOf(measure).count;
    return count;
  }

  sum({ measures }: MeasureSet): number {
    let sum = 0;
    for (const measure of measures) sum += this.#totalsOf(measure).sum;
    return sum;
  }

  quantile(rank: number, of: MeasureSet): number | null {
    return must(this.#ranked.get(of), 'quantile of these measures among the reads').quantile(rank);
  }

  #totalsOf(measure: MetricMeasure): Totals {
    return must(this.#totals.get(measure), 'count of this measure among the reads');
  }
}

/** The observations that formulas read, of several streams together. */
export interface PooledObservations {
  readonly measures: ReadonlyMap<MetricMeasure, Pooled>;
  readonly ranked: ReadonlyMap<MeasureSet, Ranked>;
}

/** @param reads what the formulas read, see `readsOf` */
export async function poolObservations(
  streams: readonly StreamColumns[],
  reads: Reads,
): Promise<PooledObservations> {
  const yieldToEventLoop = eventLoopYielder();
  const measures = new Map<MetricMeasure, Pooled>();
  for (const measure of reads.measures)
    measures.set(measure, await pool(streams, [measure], yieldToEventLoop));
  const ranked = new Map<MeasureSet, Ranked>();
  for (const set of reads.ranked) {
    const pooled = await pool(streams, set.measures, yieldToEventLoop);
    ranked.set(set, new Ranked(pooled));
    await yieldToEventLoop();
  }
  return { measures, ranked };
}

/** Merges in pairs, so that no step of it takes long. */
async function pool(
  streams: readonly StreamColumns[],
  measures: readonly MetricMeasure[],
  yieldToEventLoop: () => Promise<void>,
): Promise<Pooled> {
  let all: Pooled[] = streams.flatMap(({ columns }) =>
    measures.flatMap(measure => columns.get(measure) ?? []),
  );
  while (all.length > 1) {
    const merged: Pooled[] = [];
    for (let i = 0; i < all.length; i += 2) {
      const [a, b] = [all[i], all[i + 1]];
      if (a) merged.push(b ? merge(a, b) : a);
      await yieldToEventLoop();
    }
    all = merged;
  }
  return all[0] ?? { timestamps: new Float64Array(0), values: new Float64Array(0) };
}

function merge(a: Pooled, b: Pooled): Pooled {
  const length = a.timestamps.length + b.timestamps.length;
  const timestamps = new Float64Array(length);
  const values = new Float64Array(length);
  for (let i = 0, j = 0, k = 0; k < length; k++) {
    const isFirst = (a.timestamps[i] ?? Infinity) <= (b.timestamps[j] ?? Infinity) && i < a.timestamps.length;
    const from = isFirst ? a : b;
    const at = isFirst ? i++ : j++;
    timestamps[k] = from.timestamps[at] ?? 0;
    values[k] = from.values[at] ?? 0;
  }
  return { timestamps, values };
}

/** The observations of one measure in the window: how many, and their sum. */
class Totals {
  readonly #pooled: Pooled;
  #start = 0;
  #end = 0;
  sum = 0;

  constructor(pooled: Pooled) {
    this.#pooled = pooled;
  }

  get count(): number {
    return this.#end - this.#start;
  }

  // Sums of whole milliseconds stay exact, however often a value is added and subtracted.
  slide(from: number, to: number): void {
    const { timestamps, values } = this.#pooled;
    while ((timestamps[this.#end] ?? Infinity) < to) this.sum += values[this.#end++] ?? 0;
    while (this.#start < this.#end && (timestamps[this.#start] ?? Infinity) < from)
      this.sum -= values[this.#start++] ?? 0;
  }
}

/** Observations with the rank of each value among all of them. */
class Ranked {
  readonly timestamps: Float64Array;
  readonly ranks: Uint32Array;
  /** The distinct values, ascending. */
  readonly values: Float64Array;

  constructor({ timestamps, values }: Pooled) {
    const sorted = values.slice().sort();
    this.values = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
    this.timestamps = timestamps;
    this.ranks = Uint32Array.from(values, value => this.#rankOf(value));
  }

  #rankOf(value: number): number {
    let low = 0;
    let high = this.values.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.values[middle] ?? Infinity) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * The observations in the window, counted by the rank of their value in a binary indexed tree: adding, removing and
 * finding the n-th smallest take as many steps as the number of values has binary digits.
 * @see P. M. Fenwick, A new data structure for cumulative frequency tables, Software: Practice and Experience 24 (1994), 327–336
 */
class RankedWindow {
  readonly #ranked: Ranked;
  readonly #tree: Int32Array;
  readonly #topStep: number;
  #start = 0;
  #end = 0;

  constructor(ranked: Ranked) {
    this.#ranked = ranked;
    this.#tree = new Int32Array(ranked.values.length + 1);
    this.#topStep = 2 ** Math.floor(Math.log2(Math.max(1, ranked.values.length)));
  }

  slide(from: number, to: number): void {
    const { timestamps, ranks } = this.#ranked;
    while ((timestamps[this.#end] ?? Infinity) < to) this.#add(ranks[this.#end++] ?? 0, 1);
    while (this.#start < this.#end && (timestamps[this.#start] ?? Infinity) < from)
      this.#add(ranks[this.#start++] ?? 0, -1);
  }

  /** Nearest rank: of n values in order, the one at position ceil(rank × n), counted from 1. */
  quantile(rank: number): number | null {
    const n = this.#end - this.#start;
    if (n === 0) return null;
    let missing = Math.max(1, Math.ceil(rank * n));
    let below = 0;
    for (let step = this.#topStep; step >= 1; step /= 2) {
      const count = this.#tree[below + step];
      if (count !== undefined && count < missing) {
        below += step;
        missing -= count;
      }
    }
    return this.#ranked.values[below] ?? null;
  }

  #add(rank: number, by: 1 | -1): void {
    for (let i = rank + 1; i < this.#tree.length; i += i & -i) this.#tree[i] = (this.#tree[i] ?? 0) + by;
  }
}
