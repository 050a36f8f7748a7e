import { aggregatesOf, type Period } from '../../live/aggregates.ts';
import type { StreamColumns } from '../../live/columns.ts';
import { type Annotations, annotationsOf } from '../annotations.ts';
import { type Numbers, numbersOf } from '../numbers.ts';
import type { Week } from '../weeks.ts';
import { changedPeriod, overlapsChange } from './changed-period.ts';

/** The streams of a report together in one week. */
export interface PooledWeek {
  readonly numbers: Numbers;
  /** Without flag changes. */
  readonly annotations: Annotations;
}

/** Pools the streams in one week. */
export function poolWeek(streams: readonly StreamColumns[], week: Period): PooledWeek {
  return {
    numbers: numbersOf(aggregatesOf(streams, week)),
    annotations: annotationsOf(streams, week, null),
  };
}

/**
 * {@link poolWeek} with memory: full weeks in which nothing has changed since the last report on the same question are
 * taken over from it. Hardly any full week changes, however many services do.
 */
export class PooledWeeks {
  readonly #streams: ReadonlyMap<number, StreamColumns>;
  readonly #weeks = new Map<string, PooledWeek>();

  /**
   * @param streams those that the report is about
   * @param before the weeks of the last report; null: there is none
   */
  constructor(streams: readonly StreamColumns[], weeks: readonly Week[], before: PooledWeeks | null) {
    this.#streams = new Map(streams.map(each => [each.stream.id, each]));
    if (!before) return;
    const changed = changedPeriod(before.#streams, this.#streams, weeks[0]?.from ?? -Infinity);
    for (const week of weeks) {
      const known = before.#weeks.get(keyOf(week));
      if (known && !overlapsChange(week, changed)) this.#weeks.set(keyOf(week), known);
    }
  }

  /** See {@link poolWeek}. */
  of(week: Week): PooledWeek {
    const known = this.#weeks.get(keyOf(week));
    if (known) return known;
    const pooled = poolWeek([...this.#streams.values()], week);
    // The running week has another end with each report.
    if (!week.partial) this.#weeks.set(keyOf(week), pooled);
    return pooled;
  }
}

const keyOf = ({ from, to }: Period): string => `${from}-${to}`;
