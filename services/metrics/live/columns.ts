import type { Measure } from '../../../domain/metrics/measures.ts';
import type { Stream } from './source.ts';

/** The observations of one stream and measure in the order of their timestamps; 18 bytes each. */
export interface Column {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** The bin of each value, see {@link binOf}. */
  readonly bins: Uint16Array;
}

export type Columns = ReadonlyMap<Measure, Column>;

/** A stream with the observations of it that are kept in memory. */
export interface StreamColumns {
  readonly stream: Stream;
  readonly columns: Columns;
}

/** Observations in any order, to be packed into a {@link Column}. */
export interface UnsortedColumn {
  readonly timestamps: number[];
  readonly values: number[];
}

const binsPerDoubling = 128;

/** The number of bins: one for values below 1, and bins 0.5 % wide for values up to 2^53. */
export const binCount = 1 + 53 * binsPerDoubling;

/** The bin of a value, from 0. Of two values the larger is never in the lower bin. */
export function binOf(value: number): number {
  return value < 1 ? 0 : Math.min(binCount - 1, 1 + Math.floor(Math.log2(value) * binsPerDoubling));
}

/** The index of the first timestamp at or after `at`; the length where there is none. */
export function indexAt(timestamps: Float64Array, at: number): number {
  let low = 0;
  let high = timestamps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timestamps[middle] ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The observations of `old` before `from`, followed by those of `recent` from `from` on. Where `recent` adds nothing
 * new, the result is the object `old` itself, so that a cache can compare identities.
 * @param from milliseconds since 1970
 */
export function joinColumns(old: Columns, recent: Columns, from: number): Columns {
  const parts = [...new Set([...old.keys(), ...recent.keys()])].map(measure => {
    const before = slice(old.get(measure), -Infinity, from);
    const after = slice(recent.get(measure), from, Infinity);
    const isUnchanged = isEqual(slice(old.get(measure), from, Infinity), after);
    return {
      measure,
      before,
      after,
      isUnchanged,
      length: before.timestamps.length + after.timestamps.length,
    };
  });
  if (parts.every(({ isUnchanged }) => isUnchanged)) return old;
  const filled = parts.filter(({ length }) => length > 0);
  const slab = new Slab(filled.reduce((sum, { length }) => sum + length, 0));
  return new Map<Measure, Column>(
    filled.map(({ measure, before, after, length }) => {
      const column = slab.take(length);
      for (const name of ['timestamps', 'values', 'bins'] as const) {
        column[name].set(before[name]);
        column[name].set(after[name], before[name].length);
      }
      return [measure, column];
    }),
  );
}

const emptyColumn: Column = {
  timestamps: new Float64Array(),
  values: new Float64Array(),
  bins: new Uint16Array(),
};

/** The part of a column from `from` (included) to `to` (excluded), sharing its memory. */
function slice(column: Column | undefined, from: number, to: number): Column {
  if (!column) return emptyColumn;
  const { timestamps, values, bins } = column;
  const [first, end] = [indexAt(timestamps, from), indexAt(timestamps, to)];
  return {
    timestamps: timestamps.subarray(first, end),
    values: values.subarray(first, end),
    bins: bins.subarray(first, end),
  };
}

function isEqual(a: Column, b: Column): boolean {
  return (
    a.timestamps.length === b.timestamps.length &&
    a.timestamps.every((at, i) => at === b.timestamps[i] && a.values[i] === b.values[i])
  );
}

/**
 * One block of memory for the columns of a stream. A stream has a dozen columns, most of them short, and a fleet has
 * thousands of streams: an array buffer of its own for each column would take more memory than the observations.
 */
export class Slab {
  readonly #timestamps: Float64Array;
  readonly #values: Float64Array;
  readonly #bins: Uint16Array;
  #used = 0;

  /** @param length of all its columns together */
  constructor(length: number) {
    this.#timestamps = new Float64Array(length);
    this.#values = new Float64Array(length);
    this.#bins = new Uint16Array(length);
  }

  /** The next column, to be filled. */
  take(length: number): Column {
    const from = this.#used;
    const to = from + length;
    this.#used = to;
    return {
      timestamps: this.#timestamps.subarray(from, to),
      values: this.#values.subarray(from, to),
      bins: this.#bins.subarray(from, to),
    };
  }

  /** The next column, filled with these observations in the order of their timestamps. */
  sorted({ timestamps, values }: UnsortedColumn): Column {
    const column = this.take(timestamps.length);
    const isSorted = timestamps.every((at, i) => i === 0 || (timestamps[i - 1] ?? at) <= at);
    const order = isSorted ? null : timestamps.keys().toArray();
    order?.sort((a, b) => (timestamps[a] ?? 0) - (timestamps[b] ?? 0));
    for (let i = 0; i < timestamps.length; i++) {
      const row = order?.[i] ?? i;
      const value = values[row] ?? 0;
      column.timestamps[i] = timestamps[row] ?? 0;
      column.values[i] = value;
      column.bins[i] = binOf(value);
    }
    return column;
  }
}
