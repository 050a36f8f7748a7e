import { bins } from './bins.ts';
import type { Column } from './columns.ts';

/** A stretch of a column: from `start` (included) to `end` (excluded). */
export interface Slice {
  readonly column: Column;
  readonly start: number;
  readonly end: number;
}

/** Below this many values sorting them is quicker than counting bins. */
const sortedMax = 4096;
/**
 * The nearest-rank quantiles of all values in the slices together: of n values in order, the one at
 * position ceil(quantile × n), counted from 1. Exact; null without values.
 */
export function ranking(slices: readonly Slice[]): (quantile: number) => number | null {
  const n = slices.reduce((sum, { start, end }) => sum + end - start, 0);
  if (n === 0) return () => null;
  const valueAt = n <= sortedMax ? bySorting(slices, n) : byBins(slices);
  return quantile => valueAt(Math.max(0, Math.ceil(quantile * n) - 1));
}

function bySorting(slices: readonly Slice[], n: number): (index: number) => number {
  const all = new Float64Array(n);
  let filled = 0;
  for (const { column, start, end } of slices) {
    all.set(column.values.subarray(start, end), filled);
    filled += end - start;
  }
  all.sort();
  return index => all[index] ?? Number.NaN;
}

// Counts by bin find the bin that holds the rank; then only that bin's values have to be sorted.
function byBins(slices: readonly Slice[]): (index: number) => number {
  const counts = new Uint32Array(bins);
  for (const { column, start, end } of slices) {
    for (const bin of column.bins.subarray(start, end)) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return index => {
    let below = 0;
    let bin = 0;
    while (below + (counts[bin] ?? Infinity) <= index) below += counts[bin++] ?? 0;
    const within = new Float64Array(counts[bin] ?? 0);
    let filled = 0;
    for (const { column, start, end } of slices) {
      for (let i = start; i < end; i++) if (column.bins[i] === bin) within[filled++] = column.values[i] ?? 0;
    }
    return within.sort()[index - below] ?? Number.NaN;
  };
}
