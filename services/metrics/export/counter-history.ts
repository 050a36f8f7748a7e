import { dayMs, windowDaysMax } from '../../../domain/metrics/definitions.ts';
import { metricMeasures } from '../../../domain/metrics/measures.ts';
import type { StreamColumns } from '../live/columns.ts';
import type { CounterHistory } from '../live/source.ts';

/** The times at which the past is shown: `first`, `first + every`, … Milliseconds since 1970. */
export interface Steps {
  readonly first: number;
  readonly every: number;
  readonly count: number;
}

export const stepAt = ({ first, every }: Steps, step: number) => first + step * every;

/** A stream at every step: what happened before the time of the step. */
export interface SteppedStream {
  readonly observations: StreamColumns;
  /** 1 at steps where the stream is shown: it has a number in the longest window, or an open incident. */
  readonly shown: Uint8Array;
  /** Open incidents. */
  readonly open: Int32Array;
  /** Counters since the first event. */
  readonly exposed: Int32Array;
  readonly rolledBack: Int32Array;
}

const longestWindowMs = windowDaysMax * dayMs;

/** @param histories all of this stream */
export function stepStream(
  observations: StreamColumns,
  histories: readonly CounterHistory[],
  steps: Steps,
): SteppedStream {
  const { count } = steps;
  const open = new Int32Array(count);
  const exposed = new Int32Array(count);
  const rolledBack = new Int32Array(count);
  for (const history of histories) {
    for (const [from, to] of history.open) addFrom(open, steps, from, to ?? Infinity);
    for (const at of history.exposed) addFrom(exposed, steps, at, Infinity);
    for (const at of history.rolledBack) addFrom(rolledBack, steps, at, Infinity);
  }
  const inWindow = new Int32Array(count);
  for (const measure of metricMeasures)
    for (const at of observations.columns.get(measure)?.timestamps ?? [])
      addFrom(inWindow, steps, at, at + longestWindowMs);
  for (const column of [open, exposed, rolledBack, inWindow]) addUp(column);
  return {
    observations,
    open,
    exposed,
    rolledBack,
    shown: Uint8Array.from(inWindow, (n, i) => +(n + (open[i] ?? 0) > 0)),
  };
}

/**
 * Adds 1 at the steps after `from` and up to `to`, `to` included. The column holds differences from step to step until
 * {@link addUp} adds them up.
 */
function addFrom(column: Int32Array, steps: Steps, from: number, to: number): void {
  const first = firstAfter(steps, from);
  const end = Math.min(firstAfter(steps, to), steps.count);
  if (first >= end) return;
  column[first] = (column[first] ?? 0) + 1;
  if (end < steps.count) column[end] = (column[end] ?? 0) - 1;
}

const firstAfter = ({ first, every }: Steps, at: number) => Math.max(0, Math.floor((at - first) / every) + 1);

function addUp(column: Int32Array): void {
  for (let i = 1; i < column.length; i++) column[i] = (column[i] ?? 0) + (column[i - 1] ?? 0);
}
