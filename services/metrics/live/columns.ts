import type { Measure } from '../../../domain/metrics/definitions.ts';
import { binOf } from './bins.ts';
import type { ObservationPage, Stream } from './source.ts';
import { eventLoopYielder } from './yield-to-event-loop.ts';

/** The observations of one stream and measure, sorted by moment; 18 bytes each. */
export interface Column {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** The bin of each value, see bins.ts. */
  readonly bins: Uint16Array;
}

export type Columns = ReadonlyMap<Measure, Column>;

/** A stream with the observations of it that are kept in memory. */
export interface StreamColumns {
  readonly stream: Stream;
  readonly columns: Columns;
}

/**
 * Gathers pages of observations into columns; observations of streams that are not listed are left out. A stream is taken to be complete
 * when another one begins, and packed at once, since what is unpacked takes several times the room; should it go on
 * after all, it is unpacked again.
 */
export async function gather(
  streams: readonly Stream[],
  pages: AsyncIterable<ObservationPage>,
): Promise<StreamColumns[]> {
  const breathe = eventLoopYielder();
  const packed = new Map<number, Columns>(streams.map(stream => [stream.id, new Map()]));
  let open = null as OpenStream | null;
  for await (const { stream, observations } of pages) {
    const known = packed.get(stream);
    if (!known) continue;
    if (open?.stream !== stream) {
      if (open) packed.set(open.stream, columnsOf(open.rows));
      open = { stream, rows: rowsOf(known) };
    }
    for (const { measure, at, value } of observations) {
      let rows = open.rows.get(measure);
      if (!rows) {
        rows = { timestamps: [], values: [] };
        open.rows.set(measure, rows);
      }
      rows.timestamps.push(at);
      rows.values.push(value);
    }
    await breathe();
  }
  if (open) packed.set(open.stream, columnsOf(open.rows));
  return streams.map(stream => ({ stream, columns: packed.get(stream.id) ?? new Map() }));
}

/** The index of the first moment at or after `at`; the length where there is none. */
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

/** The stream that the pages are at. */
interface OpenStream {
  readonly stream: number;
  readonly rows: Map<Measure, Rows>;
}

interface Rows {
  readonly timestamps: number[];
  readonly values: number[];
}

function rowsOf(columns: Columns): Map<Measure, Rows> {
  return new Map(
    columns
      .entries()
      .map(([measure, { timestamps, values }]) => [
        measure,
        { timestamps: [...timestamps], values: [...values] },
      ]),
  );
}

function columnsOf(rows: ReadonlyMap<Measure, Rows>): Columns {
  const slab = new Slab(rows.values().reduce((sum, { timestamps }) => sum + timestamps.length, 0));
  return new Map(rows.entries().map(([measure, of]) => [measure, slab.columnOf(of)]));
}

/** Columns that share their memory: a stream has a dozen, most of them short, and a fleet has thousands of streams. */
export class Slab {
  readonly #timestamps: Float64Array;
  readonly #values: Float64Array;
  readonly #bins: Uint16Array;
  #used = 0;

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

  columnOf({ timestamps, values }: Rows): Column {
    const column = this.take(timestamps.length);
    const sorted = timestamps.every((at, i) => i === 0 || (timestamps[i - 1] ?? at) <= at);
    const order = sorted ? null : timestamps.keys().toArray();
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
