import type { Period } from '../live/aggregates.ts';
import { indexAt, type StreamColumns } from '../live/columns.ts';

/** What happened in a week that may explain its numbers. */
export interface Annotations {
  /** Of the services in question, and of no service; null: not counted. */
  readonly flagChanges: number | null;
  /** Outages that began, those of open incidents included. */
  readonly outages: number;
  /** Rollouts that exposed {@link manyChanges} changes or more for the first time. */
  readonly bigRollouts: number;
}

/** The fewest changes of a big rollout. */
export const manyChanges = 10;

/** @param flagChanges their number in this period; null: not counted */
export function annotationsOf(
  streams: readonly StreamColumns[],
  period: Period,
  flagChanges: number | null,
): Annotations {
  let outages = 0;
  let bigRollouts = 0;
  for (const stream of streams) {
    outages += outagesBegun(stream, period);
    bigRollouts += bigRolloutsIn(stream, period);
  }
  return { flagChanges, outages, bigRollouts };
}

/** An outage is observed at its end, so one that began in the period may be observed after it. */
function outagesBegun({ stream, columns }: StreamColumns, { from, to }: Period): number {
  let begun = stream.openSince.filter(at => from <= at && at < to).length;
  const restored = columns.get('restored');
  if (!restored) return begun;
  for (let i = indexAt(restored.timestamps, from); i < restored.timestamps.length; i++) {
    const began = (restored.timestamps[i] ?? 0) - (restored.values[i] ?? 0);
    if (from <= began && began < to) begun += 1;
  }
  return begun;
}

/** All changes that a rollout exposes for the first time have their lead time observed at its exposure. */
function bigRolloutsIn({ columns }: StreamColumns, { from, to }: Period): number {
  const timestamps = columns.get('lead_time')?.timestamps;
  if (!timestamps) return 0;
  const end = indexAt(timestamps, to);
  let big = 0;
  for (let i = indexAt(timestamps, from); i < end; ) {
    let next = i + 1;
    while (next < end && timestamps[next] === timestamps[i]) next += 1;
    if (next - i >= manyChanges) big += 1;
    i = next;
  }
  return big;
}
