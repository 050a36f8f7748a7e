import { type Causes, type Failed, type LevelPart, noCauses, type ScorecardPart } from './scorecard-part.ts';

/**
 * The canary scorecard: how rollouts took their traffic in steps, how they were aborted, and what that kept away
 * from customers (`docs/metrics.md`). It counts the same rollouts as the metrics do: no drills, no returns.
 * Weights are percent of traffic.
 */

/** Nearest-rank quantiles of some samples; null without samples. */
export interface Spread {
  readonly median: number | null;
  readonly p90: number | null;
  readonly samples: number;
}

/** The rollouts that stood at one weight. */
export interface Level {
  /** Percent of traffic; 0 for rollbacks that are timed before the exposure. */
  readonly weight: number;
  /** Progressive rollouts that stood here. */
  readonly rollouts: number;
  /** How long they stood here before they moved on or were aborted, in seconds; without samples at full traffic. */
  readonly seconds: Spread;
  /** Rollouts, progressive or not, that were aborted here. */
  readonly aborts: Causes;
}

/** Traffic-weighted time of customers on rollouts that were rolled back. */
export interface FailedExposure {
  readonly seconds: number;
  /** The same if each of them had had all traffic from its exposure to its rollback. */
  readonly atFullSeconds: number;
  /** The share that the steps kept away: 1 − seconds ÷ atFullSeconds; null where atFullSeconds is 0. */
  readonly keptAway: number | null;
}

export interface Scorecard {
  /** Exposed in the period, as `exposed_changes`. */
  readonly exposed: number;
  readonly progressive: number;
  /** As `progressive_ratio`. */
  readonly progressiveRatio: number | null;
  /** Steps of each progressive rollout: periods of one weight above 0, full traffic included. */
  readonly steps: Spread;
  /** In the order of their weight. */
  readonly levels: readonly Level[];
  readonly aborts: Causes & {
    /** As `rolled_back_changes`. */
    readonly contained: number;
    readonly escaped: number;
    readonly total: number;
  };
  /** Percent of traffic that the aborted rollouts had. */
  readonly exposureAtAbort: Spread;
  /** Seconds from exposure to rollback, by cause. */
  readonly secondsToAbort: { readonly automatic: Spread; readonly manual: Spread };
  /** Of all rollouts rolled back in the period, as `failed_exposure_seconds`. */
  readonly failedExposure: FailedExposure;
  /** Of the progressive ones among them. */
  readonly progressiveFailedExposure: FailedExposure;
  /** Rollouts of the period that try an aborted one again, and those of them that were not aborted themselves. */
  readonly retries: { readonly total: number; readonly standing: number };
}

/** The scorecard of one stream, a team or the fleet. */
export function scorecardOf(parts: readonly ScorecardPart[]): Scorecard {
  const sum = (read: (part: ScorecardPart) => number) => parts.reduce((total, part) => total + read(part), 0);
  const spread = (read: (part: ScorecardPart) => readonly number[], unit = 1) =>
    spreadOf(parts.map(read), unit);
  const exposed = sum(part => part.exposed);
  const progressive = sum(part => part.progressive);
  const levels = levelsOf(parts);
  const aborts = levels.map(level => level.aborts).reduce(addCauses, noCauses);
  const contained = sum(part => part.contained);
  const escaped = sum(part => part.escaped);
  return {
    exposed,
    progressive,
    progressiveRatio: exposed === 0 ? null : progressive / exposed,
    steps: spread(part => part.steps),
    levels,
    aborts: { total: contained + escaped, contained, escaped, ...aborts },
    exposureAtAbort: spread(part => part.weightsAtAbort),
    secondsToAbort: {
      automatic: spread(part => part.toAbort.automatic, 1000),
      manual: spread(part => part.toAbort.manual, 1000),
    },
    failedExposure: failedOf(parts.map(part => part.failed)),
    progressiveFailedExposure: failedOf(parts.map(part => part.progressiveFailed)),
    retries: { total: sum(part => part.retries), standing: sum(part => part.standingRetries) },
  };
}

function levelsOf(parts: readonly ScorecardPart[]): Level[] {
  const pooled = new Map<number, LevelPart[]>();
  for (const part of parts)
    for (const [weight, level] of part.levels) {
      const known = pooled.get(weight);
      if (known) known.push(level);
      else pooled.set(weight, [level]);
    }
  return [...pooled]
    .sort(([a], [b]) => a - b)
    .map(([weight, levels]) => ({
      weight,
      rollouts: levels.reduce((total, level) => total + level.rollouts, 0),
      seconds: spreadOf(
        levels.map(level => level.lengths),
        1000,
      ),
      aborts: levels.map(level => level.aborts).reduce(addCauses, noCauses),
    }));
}

function addCauses(a: Causes, b: Causes): Causes {
  return {
    automatic: a.automatic + b.automatic,
    manual: a.manual + b.manual,
    returned: a.returned + b.returned,
    unknown: a.unknown + b.unknown,
  };
}

function failedOf(all: readonly Failed[]): FailedExposure {
  const weighted = all.reduce((total, failed) => total + failed.weighted, 0);
  const whole = all.reduce((total, failed) => total + failed.whole, 0);
  return {
    seconds: weighted / 1000,
    atFullSeconds: whole / 1000,
    keptAway: whole === 0 ? null : 1 - weighted / whole,
  };
}

/** Nearest rank: the smallest value that at least that share of the values does not exceed. */
function spreadOf(lists: readonly (readonly number[])[], unit: number): Spread {
  const samples = lists.reduce((total, list) => total + list.length, 0);
  if (samples === 0) return { median: null, p90: null, samples };
  const values = new Float64Array(samples);
  let filled = 0;
  for (const list of lists) {
    values.set(list, filled);
    filled += list.length;
  }
  values.sort();
  const at = (rank: number) => (values[Math.ceil(rank * samples) - 1] ?? 0) / unit;
  return { median: at(0.5), p90: at(0.9), samples };
}
