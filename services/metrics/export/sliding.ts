import { type Aggregates, dayMs, type Measure } from '../../../domain/metrics/definitions.ts';
import type { StreamColumns } from '../live/columns.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';

/** Observations of several streams in one order of time. */
interface Pooled {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/**
 * A window that slides over the observations of some streams, forward only; what the definitions read of it is kept up to
 * date from step to step, so that a step costs what enters and leaves. Quantiles are exact.
 */
export class SlidingAggregates implements Aggregates {
  readonly days: number;
  readonly #counts: ReadonlyMap<Measure, Stretch>;
  readonly #ranked: ReadonlyMap<string, RankedStretch>;

  private constructor(
    days: number,
    counts: ReadonlyMap<Measure, Stretch>,
    ranked: ReadonlyMap<string, RankedStretch>,
  ) {
    this.days = days;
    this.#counts = counts;
    this.#ranked = ranked;
  }

  /** @param observations see {@link poolObservations}; several windows may slide over the same ones */
  static over(observations: PooledObservations, days: number): SlidingAggregates {
    const counts = [...observations.measures].map(
      ([measure, pooled]) => [measure, new Stretch(pooled)] as const,
    );
    const ranked = [...observations.ranked].map(([key, of]) => [key, new RankedStretch(of)] as const);
    return new SlidingAggregates(days, new Map(counts), new Map(ranked));
  }

  /** The window ends at `to`, which is excluded. */
  slideTo(to: number): void {
    const from = to - this.days * dayMs;
    for (const stretch of this.#counts.values()) stretch.slide(from, to);
    for (const stretch of this.#ranked.values()) stretch.slide(from, to);
  }

  count(...of: Measure[]): number {
    let count = 0;
    for (const measure of of) count += this.#counts.get(measure)?.count ?? 0;
    return count;
  }

  sum(...of: Measure[]): number {
    let sum = 0;
    for (const measure of of) sum += this.#counts.get(measure)?.sum ?? 0;
    return sum;
  }

  quantile(rank: number, ...of: Measure[]): number | null {
    const stretch = this.#ranked.get(of.join());
    if (!stretch) throw new TypeError(`no quantile of ${of.join()} was asked for beforehand`);
    return stretch.quantile(rank);
  }
}

/** What a family of metrics reads: measures whose observations it counts or adds up, and those whose quantiles it takes. */
export interface Needs {
  readonly measures: ReadonlySet<Measure>;
  /** Each a list of measures that are ranked together. */
  readonly ranked: readonly (readonly Measure[])[];
}

export interface PooledObservations {
  readonly measures: ReadonlyMap<Measure, Pooled>;
  readonly ranked: ReadonlyMap<string, Ranked>;
}

/** Finds out what a family reads by letting it read an empty window. */
export function needsOf(values: readonly ((tally: Aggregates) => number | null)[]): Needs {
  const measures = new Set<Measure>();
  const ranked = new Map<string, readonly Measure[]>();
  const reader: Aggregates = {
    days: 1,
    // Not 0, for which a ratio would not ask any further.
    count: (...of) => {
      for (const measure of of) measures.add(measure);
      return 1;
    },
    sum: (...of) => {
      for (const measure of of) measures.add(measure);
      return 1;
    },
    quantile: (_rank, ...of) => {
      ranked.set(of.join(), of);
      return 1;
    },
  };
  for (const value of values) value(reader);
  return { measures, ranked: [...ranked.values()] };
}

/** The observations of the streams that a family needs, pooled. */
export async function poolObservations(
  streams: readonly StreamColumns[],
  needs: Needs,
): Promise<PooledObservations> {
  const breathe = eventLoopYielder();
  const measures = new Map<Measure, Pooled>();
  for (const measure of needs.measures) measures.set(measure, await pool(streams, [measure], breathe));
  const ranked = new Map<string, Ranked>();
  for (const of of needs.ranked) {
    const pooled = await pool(streams, of, breathe);
    ranked.set(of.join(), new Ranked(pooled));
    await breathe();
  }
  return { measures, ranked };
}

/** Merges in pairs, so that no step of it takes long. */
async function pool(
  streams: readonly StreamColumns[],
  measures: readonly Measure[],
  breathe: () => Promise<void>,
): Promise<Pooled> {
  let all: Pooled[] = streams.flatMap(({ columns }) =>
    measures.flatMap(measure => columns.get(measure) ?? []),
  );
  while (all.length > 1) {
    const merged: Pooled[] = [];
    for (let i = 0; i < all.length; i += 2) {
      const [a, b] = [all[i], all[i + 1]];
      if (a) merged.push(b ? merge(a, b) : a);
      await breathe();
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

/** The observations of one measure that are in the window. */
class Stretch {
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

  // Sums of whole milliseconds stay exact.
  slide(from: number, to: number): void {
    const { timestamps, values } = this.#pooled;
    while ((timestamps[this.#end] ?? Infinity) < to) this.sum += values[this.#end++] ?? 0;
    while (this.#start < this.#end && (timestamps[this.#start] ?? Infinity) < from)
      this.sum -= values[this.#start++] ?? 0;
  }
}

/** Observations with the rank of each value among all that there are. */
class Ranked {
  readonly timestamps: Float64Array;
  readonly ranks: Uint32Array;
  /** The different values, ascending. */
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
class RankedStretch {
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
