import type { Measure } from '../../domain/definitions.ts';
import { type Column, type Columns, indexAt, Slab } from './columns.ts';

/** Of the old ones what lies before a moment, then what lies from there on of the recent ones. */
export function joinColumns(old: Columns, recent: Columns, from: number): Columns {
  const parts = [...new Set([...old.keys(), ...recent.keys()])].flatMap(measure => {
    const head = partOf(old.get(measure), column => [0, indexAt(column.moments, from)]);
    const tail = partOf(recent.get(measure), column => [
      indexAt(column.moments, from),
      column.moments.length,
    ]);
    const length = head.moments.length + tail.moments.length;
    return length === 0 ? [] : [{ measure, head, tail, length }];
  });
  const slab = new Slab(parts.reduce((sum, { length }) => sum + length, 0));
  return new Map<Measure, Column>(
    parts.map(({ measure, head, tail, length }) => {
      const column = slab.take(length);
      for (const name of ['moments', 'values', 'bins'] as const) {
        column[name].set(head[name]);
        column[name].set(tail[name], head[name].length);
      }
      return [measure, column];
    }),
  );
}

const empty: Column = {
  moments: new Float64Array(),
  values: new Float64Array(),
  bins: new Uint16Array(),
};

function partOf(
  column: Column | undefined,
  bounds: (column: Column) => readonly [from: number, to: number],
): Column {
  if (!column) return empty;
  const [from, to] = bounds(column);
  return {
    moments: column.moments.subarray(from, to),
    values: column.values.subarray(from, to),
    bins: column.bins.subarray(from, to),
  };
}
