import type { Measure } from '../../domain/definitions.ts';
import { binOf } from './bins.ts';
import { breather } from './breathe.ts';
import type { Line, Sample } from './source.ts';

/** The samples of one line and measure, sorted by moment; 18 bytes each. */
export interface Column {
  readonly moments: Float64Array;
  readonly values: Float64Array;
  /** The bin of each value, see bins.ts. */
  readonly bins: Uint16Array;
}

/** A line with the samples of it that are kept in memory. */
export interface LineSamples {
  readonly line: Line;
  readonly columns: ReadonlyMap<Measure, Column>;
}

/** Gathers pages of samples into columns; samples of lines that are not listed are left out. */
export async function gather(
  lines: readonly Line[],
  pages: AsyncIterable<readonly Sample[]>,
): Promise<LineSamples[]> {
  const breathe = breather();
  const gathered = new Map(lines.map(line => [line.id, new Map<Measure, Rows>()]));
  for await (const page of pages) {
    for (const { line, measure, at, value } of page) {
      const columns = gathered.get(line);
      if (!columns) continue;
      let rows = columns.get(measure);
      if (!rows) {
        rows = { moments: [], values: [] };
        columns.set(measure, rows);
      }
      rows.moments.push(at);
      rows.values.push(value);
    }
    await breathe();
  }
  const complete: LineSamples[] = [];
  for (const line of lines) {
    const columns = new Map<Measure, Column>();
    for (const [measure, rows] of gathered.get(line.id) ?? []) {
      columns.set(measure, columnOf(rows));
      await breathe();
    }
    complete.push({ line, columns });
  }
  return complete;
}

/** The index of the first moment at or after `at`; the length where there is none. */
export function indexAt(moments: Float64Array, at: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((moments[middle] ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Rows {
  readonly moments: number[];
  readonly values: number[];
}

function columnOf({ moments, values }: Rows): Column {
  const sorted = moments.every((at, i) => i === 0 || (moments[i - 1] ?? at) <= at);
  const order = sorted ? null : moments.keys().toArray();
  order?.sort((a, b) => (moments[a] ?? 0) - (moments[b] ?? 0));
  const arranged = Float64Array.from(order ? order.map(i => values[i] ?? 0) : values);
  return {
    moments: new Float64Array(moments).sort(),
    values: arranged,
    bins: Uint16Array.from(arranged, binOf),
  };
}
