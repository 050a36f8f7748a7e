import { binCount, type Column } from './columns.ts';

/** Part of a column: from `start` (included) to `end` (excluded). */
export interface Slice {
  readonly column: Column;
  readonly start: number;
  readonly end: number;
}

/** Up to this many values, sorting them is quicker than counting bins. */
const sortedMax = 4096;

/**
 * The nearest-rank quantiles of all values in the slices together: of n values in order, the one at
 * position ceil(quantile × n), counted from 1. Exact; null without values.
 */
export function ranking(slices: readonly Slice[]): (quantile: number) => number | null {
  let n = 0;
  for (const { start, end } of slices) n += end - start;
  if (n === 0) return () => null;
  const valueAt = n <= sortedMax ? bySorting(slices, n) : byBins(slices);
  return quantile => valueAt(Math.max(0, Math.ceil(quantile * n) - 1));
}

// Every value of a fleet passes through these loops: with iterators they take four times as long.

function bySorting(slices: readonly Slice[], n: number): (index: number) => number {
  const all = new Float64Array(n);
  let filled = 0;
  for (const { column, start, end } of slices)
    for (let i = start; i < end; i++) all[filled++] = column.values[i] ?? 0;
  all.sort();
  return index => all[index] ?? Number.NaN;
}

/** Counts the values of each bin, finds the bin that holds the rank, and sorts the values of that bin only. */
function byBins(slices: readonly Slice[]): (index: number) => number {
  const counts = new Uint32Array(binCount);
  for (const { column, start, end } of slices) {
    const { bins } = column;
    for (let i = start; i < end; i++) {
      const bin = bins[i] ?? 0;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
  }
  return index => {
    let below = 0;
    let bin = 0;
    while (below + (counts[bin] ?? Infinity) <= index) below += counts[bin++] ?? 0;
    return valuesOfBin(slices, bin, counts[bin] ?? 0)[index - below] ?? Number.NaN;
  };
}

/** The values of a bin in order. */
function valuesOfBin(slices: readonly Slice[], bin: number, count: number): Float64Array {
  const found = new Float64Array(count);
  let filled = 0;
  let isSorted = true;
  for (const { column, start, end } of slices) {
    const { bins, values } = column;
    for (let i = start; i < end; i++) {
      if (bins[i] !== bin) continue;
      const value = values[i] ?? 0;
      isSorted &&= filled === 0 || (found[filled - 1] ?? 0) <= value;
      found[filled++] = value;
    }
  }
  return isSorted ? found : found.sort();
}
