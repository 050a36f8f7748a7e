import type { Cause } from '../events/event.ts';
import { dayMs } from './definitions.ts';

/**
 * The canary scorecard: how rollouts took their traffic in steps, how they were aborted, and what that kept away
 * from customers (`docs/metrics.md`). It counts the same rollouts as the metrics do: no drills, no returns.
 * Moments and lengths are milliseconds unless they say otherwise, weights are percent of traffic.
 */

/** What the scorecard has to know of one rollout. */
export interface ScoredRollout {
  readonly exposed: number;
  readonly full: number | null;
  readonly progressive: boolean;
  /** When it was rolled back, by its own rollback or by the return of an older version. */
  readonly ended: number | null;
  /** Why it was rolled back: told, inferred from a return, or not known. */
  readonly cause: Cause | 'returned' | null;
  /** The weight that its rollback says it had; null: as its last step says. */
  readonly rolledBackFrom: number | null;
  /** Exposed after the abort of another rollout of its stream that names something it names, too. */
  readonly retry: boolean;
  /** Its weights in the order of time: moment, weight, moment, weight, …; there are many, and so they stay small. */
  readonly steps: readonly number[];
}

/** Aborts by what is known of their cause; `returned`: an older version came back, told by nobody as a rollback. */
export interface Causes {
  readonly automatic: number;
  readonly manual: number;
  readonly returned: number;
  readonly unknown: number;
}

/** A nearest-rank quantile or more of some samples; null without samples. */
export interface Spread {
  readonly median: number | null;
  readonly p90: number | null;
  readonly samples: number;
}

/** One weight at which rollouts stood. */
export interface Level {
  /** Percent of traffic; 0 for rollbacks that are timed before the exposure. */
  readonly weight: number;
  /** Progressive rollouts that stood here. */
  readonly rollouts: number;
  /** How long they stood here before they moved on or were aborted, in seconds; full traffic is where steps end. */
  readonly seconds: Spread;
  /** Rollouts, progressive or not, that were aborted here. */
  readonly aborts: Causes;
}

/** Traffic-weighted time of customers on rollouts that were rolled back. */
export interface FailedExposure {
  readonly seconds: number;
  /** What it would have been if each of them had had all traffic from its exposure to its rollback. */
  readonly atFullSeconds: number;
  /** The share that the steps kept away, 1 − seconds ÷ atFullSeconds; null where there was nothing to keep away. */
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
  /** Seconds from exposure to rollback, by who rolled back. */
  readonly secondsToAbort: { readonly automatic: Spread; readonly manual: Spread };
  /** Of all rollouts rolled back in the period, as `failed_exposure_seconds`. */
  readonly failedExposure: FailedExposure;
  /** Of the progressive ones among them: what the canaries kept away. */
  readonly progressiveFailedExposure: FailedExposure;
  /** Rollouts of the period that try again what was aborted before, and those of them that stand. */
  readonly retries: { readonly total: number; readonly standing: number };
}

/** Half-open: `from` is included, `to` is not. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What one stream adds to a scorecard; parts of several streams are pooled by {@link scorecardOf}. */
export interface ScorecardPart {
  readonly exposed: number;
  readonly progressive: number;
  readonly steps: readonly number[];
  readonly levels: ReadonlyMap<number, LevelPart>;
  readonly contained: number;
  readonly escaped: number;
  readonly weightsAtAbort: readonly number[];
  readonly toAbort: { readonly automatic: readonly number[]; readonly manual: readonly number[] };
  readonly failed: Failed;
  readonly progressiveFailed: Failed;
  readonly retries: number;
  readonly standingRetries: number;
}

interface LevelPart {
  readonly rollouts: number;
  readonly lengths: readonly number[];
  readonly aborts: Causes;
}

interface Failed {
  readonly weighted: number;
  readonly whole: number;
}

/** Exposures are placed at their moment, aborts at theirs, as everywhere. */
export function scorecardPart(rollouts: readonly ScoredRollout[], { from, to }: Period): ScorecardPart {
  const within = (at: number) => at >= from && at < to;
  const part = new PartBuilder();
  for (const rollout of rollouts) {
    if (within(rollout.exposed)) part.addExposed(rollout);
    if (rollout.ended !== null && within(rollout.ended)) part.addAborted(rollout, rollout.ended);
  }
  return part;
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

/**
 * The next moment after `now` at which the parts of these rollouts would differ if the period ended there;
 * Infinity where there is none.
 */
export function unchangedUntil(rollouts: readonly ScoredRollout[], now: number): number {
  let until = Infinity;
  for (const { exposed, ended } of rollouts) {
    if (exposed >= now) until = Math.min(until, exposed);
    if (ended !== null && ended >= now) until = Math.min(until, ended);
  }
  return until;
}

/**
 * From which exposure on a rollout that names the same tries an aborted one again: later than that one was exposed, and
 * not before its abort.
 */
export function retryFrom(exposed: number, ended: number): number {
  return Math.max(exposed + 1, ended);
}

/** How far back a scorecard may ask, in milliseconds: the longest report, and a week for its running one. */
export const scorecardReachMs = 54 * 7 * dayMs;

class PartBuilder implements ScorecardPart {
  exposed = 0;
  progressive = 0;
  readonly steps: number[] = [];
  readonly levels = new Map<number, { rollouts: number; lengths: number[]; aborts: MutableCauses }>();
  contained = 0;
  escaped = 0;
  readonly weightsAtAbort: number[] = [];
  readonly toAbort = { automatic: [] as number[], manual: [] as number[] };
  readonly failed = { weighted: 0, whole: 0 };
  readonly progressiveFailed = { weighted: 0, whole: 0 };
  retries = 0;
  standingRetries = 0;

  addExposed(rollout: ScoredRollout): void {
    this.exposed += 1;
    if (rollout.retry) {
      this.retries += 1;
      if (rollout.ended === null) this.standingRetries += 1;
    }
    if (!rollout.progressive) return;
    this.progressive += 1;
    const periods = weightPeriodsOf(rollout).filter(({ weight }) => weight > 0);
    this.steps.push(periods.length);
    for (const weight of new Set(periods.map(period => period.weight))) this.#level(weight).rollouts += 1;
    for (const { weight, from, to } of periods)
      if (weight < 100 && to !== null) this.#level(weight).lengths.push(to - from);
  }

  addAborted(rollout: ScoredRollout, ended: number): void {
    if (rollout.full !== null && rollout.full < ended) this.escaped += 1;
    else this.contained += 1;
    const weight = weightAtAbort(rollout);
    this.weightsAtAbort.push(weight);
    this.#level(weight).aborts[rollout.cause ?? 'unknown'] += 1;
    const whole = Math.max(0, ended - rollout.exposed);
    if ((rollout.cause === 'automatic' || rollout.cause === 'manual') && ended >= rollout.exposed)
      this.toAbort[rollout.cause].push(whole);
    const weighted = failedExposure(rollout);
    for (const failed of rollout.progressive ? [this.failed, this.progressiveFailed] : [this.failed]) {
      failed.weighted += weighted;
      failed.whole += whole;
    }
  }

  #level(weight: number) {
    const known = this.levels.get(weight);
    if (known) return known;
    const fresh = { rollouts: 0, lengths: [], aborts: { ...noCauses } };
    this.levels.set(weight, fresh);
    return fresh;
  }
}

type MutableCauses = { -readonly [Name in keyof Causes]: Causes[Name] };
const noCauses: Causes = { automatic: 0, manual: 0, returned: 0, unknown: 0 };

interface WeightPeriod {
  readonly weight: number;
  readonly from: number;
  /** null: it still stands there. */
  readonly to: number | null;
}

/** Stretches of one weight from the exposure to the rollback; a weight told again is no new one. */
function weightPeriodsOf({ steps, exposed, ended }: ScoredRollout): WeightPeriod[] {
  const starts: { weight: number; from: number }[] = [];
  for (let i = 0; i + 1 < steps.length; i += 2) {
    const [from = 0, weight = 0] = [steps[i], steps[i + 1]];
    if (from >= exposed && (ended === null || from < ended) && starts.at(-1)?.weight !== weight)
      starts.push({ weight, from });
  }
  return starts.map((start, i) => ({ ...start, to: starts[i + 1]?.from ?? ended }));
}

/** As the rollback tells; else the last weight above 0, since tools take the traffic away before they tell of the abort. */
function weightAtAbort(rollout: ScoredRollout): number {
  if (rollout.rolledBackFrom !== null) return rollout.rolledBackFrom;
  return weightPeriodsOf(rollout).findLast(({ weight }) => weight > 0)?.weight ?? 0;
}

/** ∫ weight/100 dt, rounded per rollout, as the samples of `failed_exposure_seconds` are. */
function failedExposure(rollout: ScoredRollout): number {
  let total = 0;
  for (const { weight, from, to } of weightPeriodsOf(rollout)) total += weight * ((to ?? from) - from);
  return Math.floor(total / 100 + 0.5);
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
