import {
  type Scorecard,
  type ScorecardPart,
  type ScoredRollout,
  scorecardOf,
  scorecardPart,
  unchangedUntil,
} from '../../../domain/metrics/scorecard.ts';
import type { Period } from '../live/aggregates.ts';
import type { Stream } from '../live/source.ts';

/** What a stream is scored with in a period. */
export interface Scored {
  readonly part: ScorecardPart;
  readonly scorecard: Scorecard;
}

interface Kept extends Scored {
  readonly from: number;
  /** It holds for periods that end from `to` to `until`, both included. */
  readonly to: number;
  readonly until: number;
}

/** Periods of so many beginnings are kept. */
const keptMax = 4;

/** The rollouts of a stream, and what was computed from them: most streams stay as they are from one question to the next. */
export class StreamScores {
  readonly stream: Stream;
  readonly #rollouts: Iterable<ScoredRollout>;
  #kept: readonly Kept[] = [];

  constructor(stream: Stream, rollouts: Iterable<ScoredRollout>) {
    this.stream = stream;
    this.#rollouts = rollouts;
  }

  of({ from, to }: Period): Scored {
    const known = this.#kept.find(kept => kept.from === from && kept.to <= to && to <= kept.until);
    if (known) return known;
    const rollouts = [...this.#rollouts];
    const part = scorecardPart(rollouts, { from, to });
    const fresh = {
      from,
      to,
      until: unchangedUntil(rollouts, to),
      part,
      scorecard: scorecardOf([part]),
    };
    this.#kept = [fresh, ...this.#kept.filter(kept => kept.from !== from)].slice(0, keptMax);
    return fresh;
  }
}
