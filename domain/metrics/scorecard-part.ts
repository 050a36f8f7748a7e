import type { Cause } from '../events/event.ts';
import { dayMs } from './definitions.ts';

/**
 * What one stream adds to the canary scorecard. Times and lengths are milliseconds, weights are percent of traffic.
 */

/** What the scorecard knows of one rollout. */
export interface ScoredRollout {
  readonly exposed: number;
  readonly full: number | null;
  readonly progressive: boolean;
  /** When it was rolled back, by its own rollback or by the return of an older version. */
  readonly ended: number | null;
  /** Why it was rolled back: as its rollback says, `returned` where an older version came back; null: not known. */
  readonly cause: Cause | 'returned' | null;
  /** The weight that it had, as its rollback says; null: as its last step says. */
  readonly rolledBackFrom: number | null;
  /** Whether it tries an aborted rollout again: that one names a change or an artifact that it names, too. */
  readonly retry: boolean;
  /** Its weights in the order of time, as time, weight, time, weight, …: one flat list, because there are many. */
  readonly steps: readonly number[];
}

/** Aborts by cause. `returned`: an older version came back, and no event says that this one was rolled back. */
export interface Causes {
  readonly automatic: number;
  readonly manual: number;
  readonly returned: number;
  readonly unknown: number;
}

/** Half-open: `from` is included, `to` is not. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What one stream adds to a scorecard; `scorecardOf` pools the parts of several streams. */
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

export interface LevelPart {
  readonly rollouts: number;
  readonly lengths: readonly number[];
  readonly aborts: Causes;
}

export interface Failed {
  readonly weighted: number;
  readonly whole: number;
}

/** A rollout counts as exposed if its exposure is in the period, and as aborted if its abort is. */
export function scorecardPart(rollouts: readonly ScoredRollout[], { from, to }: Period): ScorecardPart {
  const within = (at: number) => at >= from && at < to;
  const part = new PartBuilder();
  for (const rollout of rollouts) {
    if (within(rollout.exposed)) part.addExposed(rollout);
    if (rollout.ended !== null && within(rollout.ended)) part.addAborted(rollout, rollout.ended);
  }
  return part;
}

/**
 * The first time from `now` on at which the part of these rollouts changes if the period ends then; Infinity where it
 * stays the same.
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
 * The exposure from which on a rollout with the same names is a retry of an aborted one: later than the exposure of that
 * one, and not before its abort.
 */
export function retryFrom(exposed: number, ended: number): number {
  return Math.max(exposed + 1, ended);
}

/** How far back a scorecard may look: the 53 weeks of the longest report, and one for its running week. */
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
export const noCauses: Causes = { automatic: 0, manual: 0, returned: 0, unknown: 0 };

interface WeightPeriod {
  readonly weight: number;
  readonly from: number;
  /** null: the rollout still has this weight. */
  readonly to: number | null;
}

/** The periods of one weight from the exposure to the abort; events that repeat a weight begin no new period. */
function weightPeriodsOf({ steps, exposed, ended }: ScoredRollout): WeightPeriod[] {
  const starts: { weight: number; from: number }[] = [];
  for (let i = 0; i + 1 < steps.length; i += 2) {
    const [from = 0, weight = 0] = [steps[i], steps[i + 1]];
    if (from >= exposed && (ended === null || from < ended) && starts.at(-1)?.weight !== weight)
      starts.push({ weight, from });
  }
  return starts.map((start, i) => ({ ...start, to: starts[i + 1]?.from ?? ended }));
}

/**
 * The weight that the rollback names; without one, the last weight above 0, because tools take the traffic away before
 * they report the abort.
 */
function weightAtAbort(rollout: ScoredRollout): number {
  if (rollout.rolledBackFrom !== null) return rollout.rolledBackFrom;
  return weightPeriodsOf(rollout).findLast(({ weight }) => weight > 0)?.weight ?? 0;
}

/** ∫ weight/100 dt, rounded per rollout like the observations behind `failed_exposure_seconds`. */
function failedExposure(rollout: ScoredRollout): number {
  let total = 0;
  for (const { weight, from, to } of weightPeriodsOf(rollout)) total += weight * ((to ?? from) - from);
  return Math.floor(total / 100 + 0.5);
}
