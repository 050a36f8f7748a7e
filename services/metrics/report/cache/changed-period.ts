import type { Measure } from '../../../../domain/metrics/measures.ts';
import type { Period } from '../../live/aggregates.ts';
import { type Column, indexAt, type StreamColumns } from '../../live/columns.ts';

/** Ends before it begins, so that it overlaps nothing and extends nothing. */
const emptyPeriod: Period = { from: Infinity, to: -Infinity };

/**
 * The shortest half-open period outside of which two readings of the same streams agree: in their observations, in the
 * beginnings of outages, and in open incidents. Empty where they agree throughout.
 * @param before by the id of the stream
 * @param since earlier observations are not compared
 */
export function changedPeriod(
  before: ReadonlyMap<number, StreamColumns>,
  after: ReadonlyMap<number, StreamColumns>,
  since: number,
): Period {
  let changed = emptyPeriod;
  for (const [id, stream] of after) {
    const known = before.get(id);
    if (known !== stream) changed = union(changed, changeOf(known, stream, since));
  }
  for (const [id, stream] of before)
    if (!after.has(id)) changed = union(changed, changeOf(stream, undefined, since));
  return changed;
}

/** Whether a half-open period has a time in common with what has changed. */
export function overlapsChange({ from, to }: Period, changed: Period): boolean {
  return from < changed.to && changed.from < to;
}

function changeOf(
  before: StreamColumns | undefined,
  after: StreamColumns | undefined,
  since: number,
): Period {
  const measures = new Set([...(before?.columns.keys() ?? []), ...(after?.columns.keys() ?? [])]);
  let changed = openChange(before?.stream.openSince ?? [], after?.stream.openSince ?? []);
  for (const measure of measures) {
    const ranges = differingRanges(before?.columns.get(measure), after?.columns.get(measure), since);
    for (const range of ranges) changed = union(changed, periodOf(range, measure));
  }
  return changed;
}

function openChange(before: readonly number[], after: readonly number[]): Period {
  const differing = [...new Set(before).symmetricDifference(new Set(after))];
  const isSame = differing.length === 0 && before.length === after.length;
  return isSame ? emptyPeriod : differing.concat(before, after).reduce(extendedTo, emptyPeriod);
}

/** Rows of a column: from `first` (included) to `end` (excluded). */
interface Range {
  readonly column: Column | undefined;
  readonly first: number;
  readonly end: number;
}

/** The rows in which two columns differ: all but those that both have at the beginning and at the end. */
function differingRanges(before: Column | undefined, after: Column | undefined, since: number): Range[] {
  let i = before ? indexAt(before.timestamps, since) : 0;
  let j = after ? indexAt(after.timestamps, since) : 0;
  let iEnd = before?.timestamps.length ?? 0;
  let jEnd = after?.timestamps.length ?? 0;
  while (i < iEnd && j < jEnd && isSameRow(before, i, after, j)) {
    i += 1;
    j += 1;
  }
  while (i < iEnd && j < jEnd && isSameRow(before, iEnd - 1, after, jEnd - 1)) {
    iEnd -= 1;
    jEnd -= 1;
  }
  return [
    { column: before, first: i, end: iEnd },
    { column: after, first: j, end: jEnd },
  ];
}

function isSameRow(before: Column | undefined, i: number, after: Column | undefined, j: number): boolean {
  return before?.timestamps[i] === after?.timestamps[j] && before?.values[i] === after?.values[j];
}

/** An outage counts where it ended, and as an annotation of the week in which it began. */
function periodOf({ column, first, end }: Range, measure: Measure): Period {
  let changed = emptyPeriod;
  for (let i = first; column && i < end; i++) {
    const at = column.timestamps[i] ?? 0;
    changed = extendedTo(changed, at);
    if (measure === 'restored') changed = extendedTo(changed, at - (column.values[i] ?? 0));
  }
  return changed;
}

const extendedTo = (period: Period, at: number): Period => union(period, { from: at, to: at + 1 });

function union(some: Period, other: Period): Period {
  return { from: Math.min(some.from, other.from), to: Math.max(some.to, other.to) };
}
