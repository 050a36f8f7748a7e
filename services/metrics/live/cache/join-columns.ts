import type { Measure } from '../../../../domain/metrics/definitions.ts';
import { type Column, type Columns, indexAt, Slab } from '../columns.ts';

/**
 * Of the old ones what lies before a moment, then what lies from there on of the recent ones; the very same old ones
 * where that is what they are.
 */
export function joinColumns(old: Columns, recent: Columns, from: number): Columns {
  const parts = [...new Set([...old.keys(), ...recent.keys()])].map(measure => {
    const head = between(old.get(measure), -Infinity, from);
    const tail = between(recent.get(measure), from, Infinity);
    const isKnown = isSame(between(old.get(measure), from, Infinity), tail);
    return { measure, head, tail, isKnown, length: head.timestamps.length + tail.timestamps.length };
  });
  if (parts.every(({ isKnown }) => isKnown)) return old;
  const held = parts.filter(({ length }) => length > 0);
  const slab = new Slab(held.reduce((sum, { length }) => sum + length, 0));
  return new Map<Measure, Column>(
    held.map(({ measure, head, tail, length }) => {
      const column = slab.take(length);
      for (const name of ['timestamps', 'values', 'bins'] as const) {
        column[name].set(head[name]);
        column[name].set(tail[name], head[name].length);
      }
      return [measure, column];
    }),
  );
}

const empty: Column = {
  timestamps: new Float64Array(),
  values: new Float64Array(),
  bins: new Uint16Array(),
};

/** What lies from one moment on and before another. */
function between(column: Column | undefined, from: number, to: number): Column {
  if (!column) return empty;
  const { timestamps, values, bins } = column;
  const [first, end] = [indexAt(timestamps, from), indexAt(timestamps, to)];
  return {
    timestamps: timestamps.subarray(first, end),
    values: values.subarray(first, end),
    bins: bins.subarray(first, end),
  };
}

function isSame(some: Column, others: Column): boolean {
  return (
    some.timestamps.length === others.timestamps.length &&
    some.timestamps.every((at, i) => at === others.timestamps[i] && some.values[i] === others.values[i])
  );
}
