import type { Measure } from '../../../../domain/metrics/definitions.ts';
import type { Period } from '../../live/aggregates.ts';
import { type Column, indexAt, type StreamColumns } from '../../live/columns.ts';

/** Nothing: it ends before it begins. */
const nowhere: Period = { from: Infinity, to: -Infinity };

/**
 * The shortest period outside of which two readings of the same streams agree from a moment on, in their observations, in
 * where an outage began, and in their open incidents; `to` is not part of it. Where they agree throughout it is empty.
 * @param since what lies before is not looked at
 */
export function changedPeriod(
  before: ReadonlyMap<number, StreamColumns>,
  after: ReadonlyMap<number, StreamColumns>,
  since: number,
): Period {
  let changed = nowhere;
  for (const [id, observations] of after) {
    const known = before.get(id);
    if (known !== observations) changed = around(changed, changeOf(known, observations, since));
  }
  for (const [id, observations] of before)
    if (!after.has(id)) changed = around(changed, changeOf(observations, undefined, since));
  return changed;
}

/** Whether a half-open period holds any of what has changed. */
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
    const stretches = differing(before?.columns.get(measure), after?.columns.get(measure), since);
    for (const of of stretches) changed = around(changed, periodOf(of, measure));
  }
  return changed;
}

function openChange(before: readonly number[], after: readonly number[]): Period {
  const differ = [...new Set(before).symmetricDifference(new Set(after))];
  const isSame = differ.length === 0 && before.length === after.length;
  return isSame ? nowhere : differ.concat(before, after).reduce(withMoment, nowhere);
}

interface Stretch {
  readonly column: Column | undefined;
  readonly first: number;
  readonly end: number;
}

/** What is left of two columns when what they have in common at their beginnings and ends is taken away. */
function differing(before: Column | undefined, after: Column | undefined, since: number): Stretch[] {
  let i = before ? indexAt(before.timestamps, since) : 0;
  let j = after ? indexAt(after.timestamps, since) : 0;
  let iEnd = before?.timestamps.length ?? 0;
  let jEnd = after?.timestamps.length ?? 0;
  while (i < iEnd && j < jEnd && isSame(before, i, after, j)) {
    i += 1;
    j += 1;
  }
  while (i < iEnd && j < jEnd && isSame(before, iEnd - 1, after, jEnd - 1)) {
    iEnd -= 1;
    jEnd -= 1;
  }
  return [
    { column: before, first: i, end: iEnd },
    { column: after, first: j, end: jEnd },
  ];
}

function isSame(before: Column | undefined, i: number, after: Column | undefined, j: number): boolean {
  return before?.timestamps[i] === after?.timestamps[j] && before?.values[i] === after?.values[j];
}

/** An outage is told of in the week in which it began, too. */
function periodOf({ column, first, end }: Stretch, measure: Measure): Period {
  let changed = nowhere;
  for (let i = first; column && i < end; i++) {
    const at = column.timestamps[i] ?? 0;
    changed = withMoment(changed, at);
    if (measure === 'restored') changed = withMoment(changed, at - (column.values[i] ?? 0));
  }
  return changed;
}

const withMoment = (period: Period, at: number): Period => around(period, { from: at, to: at + 1 });

function around(some: Period, other: Period): Period {
  return { from: Math.min(some.from, other.from), to: Math.max(some.to, other.to) };
}
