import { hash, randomUUID } from 'node:crypto';
import type { SentEvent } from '../../../domain/events/event.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { must } from '../../../domain/must.ts';
import { type Evaluation, sourceOf } from '../sources/otlp/flag-records.ts';
import { rolloutOfFlag, unknownWeight } from '../sources/parsing/flags.ts';
import { Measurement, type Share } from './measurement.ts';

/** An event and its time. Events without `time` are the same from every collector that sees the same evaluations. */
export interface Estimate {
  readonly event: SentEvent;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Bounds on memory. */
export interface EvaluationLimits {
  /** Maximum number of flags, counted per service and environment; then the flag that was idle longest is forgotten. */
  readonly flagsMax: number;
  /** Maximum number of first sights of one flag in an hour; further ones give no event. */
  readonly sightsPerHourMax: number;
  /** Size of the sample of contexts of one flag. */
  readonly sampleMax: number;
  /** Maximum number of contexts of all flags; then only flags with too small a sample take more. */
  readonly contextsMax: number;
}

const defaultLimits: EvaluationLimits = {
  flagsMax: 10_000,
  sightsPerHourMax: 50,
  sampleMax: 500,
  contextsMax: 500_000,
};

const minute = 60_000;
const hour = 60 * minute;
/** Maximum duration of a measurement in milliseconds; if its sample is still too small, a new one starts. */
const measurementMax = hour;
/** Fewer contexts are too few for an estimate. */
const contextsMin = 20;
/** Number of first sights of one flag that are remembered. */
const seenMax = 1_000;

interface Flag {
  readonly key: Pick<Evaluation, 'service' | 'environment' | 'set' | 'flag'>;
  /** Variants and changes that were seen. */
  readonly seen: Set<string>;
  /** The hour of `sightsInHour`, counted since 1970. */
  hour: number;
  sightsInHour: number;
  measurement: Measurement | null;
  /** When its shares are computed next, in milliseconds since 1970. */
  dueAt: number;
  /** The shares (0–1) above 0 that were reported last, by variant. */
  readonly reportedOfVariants: Map<string, number>;
  /** The shares (0–1) above 0 that were reported last, by change. */
  readonly reportedOfChanges: Map<string, number>;
}

/**
 * Makes few events of many evaluations: one at the first sight of a variant, and one whenever the share of a new variant
 * has moved. The shares are estimates in memory, which a crash loses. It reads no clock and publishes nothing.
 */
export class Evaluations {
  readonly #salt: string = randomUUID();
  /** Makes the ids of shares differ from those of other processes. */
  readonly #process: string = randomUUID();
  readonly #limits: EvaluationLimits;
  readonly #flags = new Map<string, Flag>();

  constructor(limits: Partial<EvaluationLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /**
   * Counts evaluations, and returns events for what is seen for the first time. Within an hour, the event of a first
   * sight has the same id in every process, also after the sight was forgotten.
   * @param now milliseconds since 1970
   */
  take(evaluations: readonly Evaluation[], now: number): Estimate[] {
    const inOrder = evaluations.toSorted((a, b) => a.at - b.at);
    let contexts = this.#contexts();
    return inOrder.flatMap(evaluation => {
      const flag = this.#flagOf(evaluation);
      contexts += this.#measure(flag, evaluation, now, contexts < this.#limits.contextsMax);
      return [...this.#firstSight(flag, evaluation, now), ...this.#firstExposure(flag, evaluation, now)];
    });
  }

  /**
   * Events for the shares that have moved, of flags that were measured long enough. To be called at intervals.
   * @param now milliseconds since 1970
   */
  due(now: number): Estimate[] {
    return this.#flags
      .values()
      .flatMap(flag => this.#dueOf(flag, now))
      .toArray();
  }

  #dueOf(flag: Flag, now: number): Estimate[] {
    const { measurement } = flag;
    if (measurement === null || now < flag.dueAt) return [];
    flag.dueAt = now + minute;
    const isEnough = measurement.contexts >= contextsMin;
    const ofVariants = isEnough ? measurement.ofVariants(flag.reportedOfVariants) : [];
    const ofChanges = isEnough ? measurement.ofChanges(flag.reportedOfChanges) : [];
    const shares = [...ofVariants, ...ofChanges];
    const hasMoved = shares.some(({ verdict }) => verdict === 'moved');
    const needsMore = !isEnough || (!hasMoved && shares.some(({ verdict }) => verdict === 'unsure'));
    if (needsMore && now - measurement.since < measurementMax) return [];
    flag.measurement = null;
    return [
      ...takeMoved(ofVariants, flag.reportedOfVariants).map(share =>
        this.#variantMoved(flag, measurement.since, share),
      ),
      ...takeMoved(ofChanges, flag.reportedOfChanges).map(share =>
        this.#changeMoved(flag, measurement.since, share),
      ),
    ];
  }

  #contexts(): number {
    return this.#flags.values().reduce((sum, { measurement }) => sum + (measurement?.contexts ?? 0), 0);
  }

  #flagOf({ service, environment, set, flag }: Evaluation): Flag {
    const name = JSON.stringify([service, environment, set, flag]);
    const known = this.#flags.get(name);
    if (known?.measurement) return known;
    // A flag moves to the end of the map once per measurement, so that the flags idle longest come first.
    this.#flags.delete(name);
    const entry = known ?? newFlag({ service, environment, set, flag });
    this.#flags.set(name, entry);
    if (this.#flags.size > this.#limits.flagsMax) this.#forgetIdlest();
    return entry;
  }

  #forgetIdlest(): void {
    for (const name of this.#flags.keys()) {
      this.#flags.delete(name);
      return;
    }
  }

  /** @returns the number of contexts that were added to the sample */
  #measure(flag: Flag, evaluation: Evaluation, now: number, hasRoom: boolean): number {
    if (flag.measurement === null) {
      flag.measurement = new Measurement(now, this.#salt, this.#limits.sampleMax);
      flag.dueAt = now + minute;
    }
    const before = flag.measurement.contexts;
    if (hasRoom || before < contextsMin) flag.measurement.take(evaluation);
    return flag.measurement.contexts - before;
  }

  #firstSight(flag: Flag, evaluation: Evaluation, now: number): Estimate[] {
    const { set, version, variant, service, environment, at } = evaluation;
    if (!evaluation.isSight || !this.#isFirst(flag, JSON.stringify([version, variant]), now)) return [];
    const details = [`in ${environment}`, version && `version ${version}`, set && `set ${set}`].filter(
      Boolean,
    );
    const event: SentEvent = {
      type: 'flag_changed',
      id: digest([set, evaluation.flag, version, variant, service, environment, hourOf(at)]),
      source: sourceOf(service),
      service,
      flag: evaluation.flag,
      variant,
      title: `first seen ${details.join(', ')}`.slice(0, 1_000).toWellFormed(),
    };
    return [{ event, at }];
  }

  #firstExposure(flag: Flag, evaluation: Evaluation, now: number): Estimate[] {
    const { set, version, variant, service, environment, change, at } = evaluation;
    if (change === null || !evaluation.isNew || !this.#isFirst(flag, JSON.stringify([change]), now))
      return [];
    const event: SentEvent = {
      ...exposure(evaluation, change, unknownWeight),
      id: digest([set, evaluation.flag, version, variant, service, environment, hourOf(at), change]),
    };
    return [{ event, at }];
  }

  #isFirst(flag: Flag, name: string, now: number): boolean {
    if (flag.seen.has(name)) return false;
    if (flag.hour !== hourOf(now)) {
      flag.hour = hourOf(now);
      flag.sightsInHour = 0;
    }
    if (flag.sightsInHour >= this.#limits.sightsPerHourMax) return false;
    flag.sightsInHour++;
    if (flag.seen.size >= seenMax)
      flag.seen.delete(must(flag.seen.values().next().value, 'first sight to forget'));
    flag.seen.add(name);
    return true;
  }

  #variantMoved({ key }: Flag, since: number, { name, share, at }: Share): Estimate {
    const event: SentEvent = {
      type: 'flag_changed',
      id: digest([this.#process, key, 'variant', name, since]),
      source: sourceOf(key.service),
      time: formatTime(at),
      service: key.service,
      flag: key.flag,
      variant: `${percentOf(share)} % ${name}`.slice(0, 500).toWellFormed(),
      title: `share measured in ${key.environment}`,
    };
    return { event, at };
  }

  #changeMoved({ key }: Flag, since: number, { name, share, at }: Share): Estimate {
    const id = digest([this.#process, key, 'change', name, since]);
    return { event: { ...exposure(key, name, percentOf(share)), id, time: formatTime(at) }, at };
  }
}

/** The shares that have moved; they become the reported ones. */
function takeMoved(shares: readonly Share[], reported: Map<string, number>): Share[] {
  const moved = shares.filter(({ verdict }) => verdict === 'moved');
  for (const { name, share } of moved)
    if (share === 0) reported.delete(name);
    else reported.set(name, share);
  return moved;
}

function newFlag(key: Flag['key']): Flag {
  return {
    key,
    seen: new Set(),
    hour: 0,
    sightsInHour: 0,
    measurement: null,
    dueAt: 0,
    reportedOfVariants: new Map(),
    reportedOfChanges: new Map(),
  };
}

function exposure({ service, environment, flag }: Flag['key'], change: string, weight: number) {
  return {
    type: 'change_exposed' as const,
    source: sourceOf(service),
    service,
    environment,
    change,
    rollout: rolloutOfFlag(flag, change),
    strategy: 'flag' as const,
    weight,
  };
}

/** The share in percent, rounded to a tenth. A share above 0 stays above 0, and a share below 1 stays below 100. */
function percentOf(share: number): number {
  if (share === 0 || share === 1) return share * 100;
  return Math.min(99.9, Math.max(0.1, Math.round(share * 1_000) / 10));
}

function hourOf(ms: number): number {
  return Math.floor(ms / hour);
}

function digest(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts));
}
