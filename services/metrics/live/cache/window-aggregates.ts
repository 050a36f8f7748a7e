import {
  type Aggregates,
  dayMs,
  findings,
  type Measure,
  measures,
  windows,
} from '../../../../domain/metrics/definitions.ts';
import { indexAt, type StreamColumns } from '../columns.ts';
import { ranking, type Slice } from '../ranking.ts';

const numbers = measures.filter(measure => !findings.includes(measure));
const positions = new Map<Measure, number>(numbers.map((measure, position) => [measure, position]));
const fields = 3;
const perWindow = numbers.length * fields;

/**
 * What every window holds of a stream: where the observations of each measure begin and end, and their sum. Kept for as long
 * as it holds, so that what is pooled from thousands of streams costs no search.
 */
export interface StreamWindows {
  readonly observations: StreamColumns;
  /** By window and measure: start, end, sum. */
  readonly held: Float64Array;
  /** Whether the longest window holds anything. */
  readonly any: boolean;
  /** It holds from `from` to `until`, both included. */
  readonly from: number;
  readonly until: number;
}

/** The windows of a stream as they are at `now`. */
export function windowsOf(observations: StreamColumns, now: number): StreamWindows {
  const held = new Float64Array(windows.length * perWindow);
  let any = false;
  let until = Infinity;
  for (const [measure, { timestamps, values }] of observations.columns) {
    const end = indexAt(timestamps, now);
    until = Math.min(until, timestamps[end] ?? Infinity);
    const position = positions.get(measure);
    for (const [window, days] of windows.entries()) {
      const start = indexAt(timestamps, now - days * dayMs);
      until = Math.min(until, (timestamps[start] ?? Infinity) + days * dayMs);
      if (position === undefined) continue;
      let sum = 0;
      for (let i = start; i < end; i++) sum += values[i] ?? 0;
      held.set([start, end, sum], window * perWindow + position * fields);
      any ||= start < end;
    }
  }
  return { observations, held, any, from: now, until };
}

/** Whether the windows of these observations are still the same ones at `now`. */
export function isUnchanged(of: StreamWindows, observations: StreamColumns, now: number): boolean {
  return of.observations === observations && of.from <= now && now <= of.until;
}

/** The tally of each window over these streams together; equal to that of `tallyOf` for the same streams. */
export function windowAggregates(streams: readonly StreamWindows[]): Aggregates[] {
  return windows.map((days, window) => pooled(streams, window * perWindow, days));
}

function pooled(streams: readonly StreamWindows[], offset: number, days: number): Aggregates {
  const counts = new Float64Array(numbers.length);
  const sums = new Float64Array(numbers.length);
  for (const { held } of streams) {
    for (let position = 0, at = offset; position < numbers.length; position++, at += fields) {
      counts[position] = (counts[position] ?? 0) + (held[at + 1] ?? 0) - (held[at] ?? 0);
      sums[position] = (sums[position] ?? 0) + (held[at + 2] ?? 0);
    }
  }
  const total = (totals: Float64Array, of: readonly Measure[]) =>
    of.reduce((sum, measure) => sum + (totals[positions.get(measure) ?? -1] ?? 0), 0);
  const rankings = new Map<string, (quantile: number) => number | null>();
  return {
    days,
    count: (...of) => total(counts, of),
    sum: (...of) => total(sums, of),
    quantile: (rank, ...of) => {
      const key = of.join();
      let valueAt = rankings.get(key);
      if (!valueAt) {
        valueAt = ranking(of.flatMap(measure => slicesOf(streams, measure, offset)));
        rankings.set(key, valueAt);
      }
      return valueAt(rank);
    },
  };
}

function slicesOf(streams: readonly StreamWindows[], measure: Measure, offset: number): Slice[] {
  const at = offset + (positions.get(measure) ?? 0) * fields;
  const slices: Slice[] = [];
  for (const { observations, held } of streams) {
    const start = held[at] ?? 0;
    const end = held[at + 1] ?? 0;
    const column = start < end && observations.columns.get(measure);
    if (column) slices.push({ column, start, end });
  }
  return slices;
}
