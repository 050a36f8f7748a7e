import { type Scorecard, scorecardOf } from '../../../domain/metrics/scorecard.ts';
import {
  type ScorecardPart,
  type ScoredRollout,
  scorecardPart,
  unchangedUntil,
} from '../../../domain/metrics/scorecard-part.ts';
import type { Period } from '../live/aggregates.ts';
import type { Stream } from '../live/source.ts';

/** The scorecard of a stream in a period, and the part that it has in the scorecard of several streams. */
export interface StreamScore {
  readonly part: ScorecardPart;
  readonly scorecard: Scorecard;
}

/** The score of these rollouts in a period. */
export function scoreOf(rollouts: readonly ScoredRollout[], period: Period): StreamScore {
  const part = scorecardPart(rollouts, period);
  return { part, scorecard: scorecardOf([part]) };
}

interface KnownScore extends StreamScore {
  readonly from: number;
  /** The score holds for periods that end from `to` to `until`, both included. */
  readonly to: number;
  readonly until: number;
}

/** Scores of so many beginnings of a period are kept. */
const keptMax = 4;

/** {@link scoreOf} the rollouts of a stream, with memory: for most streams the score of the last question still holds. */
export class StreamScores {
  readonly stream: Stream;
  readonly #rollouts: Iterable<ScoredRollout>;
  #known: readonly KnownScore[] = [];

  constructor(stream: Stream, rollouts: Iterable<ScoredRollout>) {
    this.stream = stream;
    this.#rollouts = rollouts;
  }

  of({ from, to }: Period): StreamScore {
    const known = this.#known.find(score => score.from === from && score.to <= to && to <= score.until);
    if (known) return known;
    const rollouts = [...this.#rollouts];
    const score = { ...scoreOf(rollouts, { from, to }), from, to, until: unchangedUntil(rollouts, to) };
    this.#known = [score, ...this.#known.filter(other => other.from !== from)].slice(0, keptMax);
    return score;
  }
}
