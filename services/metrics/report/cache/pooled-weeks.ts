import { aggregatesOf, type Period } from '../../live/aggregates.ts';
import type { StreamColumns } from '../../live/columns.ts';
import { type Annotations, annotationsOf } from '../annotations.ts';
import { type Numbers, numbersOf } from '../numbers.ts';
import type { Week } from '../weeks.ts';
import { changedPeriod, overlapsChange } from './changed-period.ts';

/** What the streams of a report say together of one week. */
export interface PooledWeek {
  readonly numbers: Numbers;
  /** Without flag changes. */
  readonly marks: Annotations;
}

/**
 * What was pooled for one report, for the next one about the same: of the weeks that are over hardly any changes, however
 * many services do.
 */
export class PooledWeeks {
  readonly #streams: ReadonlyMap<number, StreamColumns>;
  readonly #weeks = new Map<string, PooledWeek>();

  /**
   * @param streams those that the report is about
   * @param before what was pooled the last time; weeks in which nothing has changed since are taken over
   */
  constructor(streams: readonly StreamColumns[], weeks: readonly Week[], before: PooledWeeks | null) {
    this.#streams = new Map(streams.map(observations => [observations.stream.id, observations]));
    if (!before) return;
    const changed = changedPeriod(before.#streams, this.#streams, weeks[0]?.from ?? -Infinity);
    for (const week of weeks) {
      const known = before.#weeks.get(keyOf(week));
      if (known && !overlapsChange(week, changed)) this.#weeks.set(keyOf(week), known);
    }
  }

  of(week: Week): PooledWeek {
    const known = this.#weeks.get(keyOf(week));
    if (known) return known;
    const streams = [...this.#streams.values()];
    const pooled = {
      numbers: numbersOf(aggregatesOf(streams, week)),
      marks: annotationsOf(streams, week, null),
    };
    // The running week goes on.
    if (!week.partial) this.#weeks.set(keyOf(week), pooled);
    return pooled;
  }
}

const keyOf = ({ from, to }: Period): string => `${from}-${to}`;
