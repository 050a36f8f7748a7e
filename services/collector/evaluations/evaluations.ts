import { hash, randomUUID } from 'node:crypto';
import type { SentEvent } from '../../../domain/events/event.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { rolloutOfFlag, unknownWeight } from '../sources/flags/flags.ts';
import { type Evaluation, sourceOf } from '../sources/otlp/otlp-logs.ts';
import { Measurement, type Share } from './measurement.ts';

/** An event and its time, which is kept out of it where collectors that see the same must say the same. */
export interface Estimate {
  readonly event: SentEvent;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Bounds on what is remembered, whatever is sent. */
export interface EvaluationLimits {
  /** Flags, counted per service and environment; beyond these the one that was quiet longest is forgotten. */
  readonly flagsMax: number;
  /** First sights that one flag may have in an hour; more are not told. */
  readonly sightsPerHourMax: number;
  /** Contexts that the share of one flag is measured with. */
  readonly sampleMax: number;
  /** Contexts of all flags together; beyond these only flags with too small a sample take more. */
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
/** A flag of which this long does not tell enough is measured anew, in milliseconds. */
const measuredMax = hour;
/** Fewer contexts say nothing. */
const contextsMin = 20;
/** First sights of one flag that are remembered. */
const seenMax = 1_000;

interface Flag {
  readonly key: Pick<Evaluation, 'service' | 'environment' | 'set' | 'flag'>;
  /** Names of what was seen. */
  readonly seen: Set<string>;
  /** The hour in which its first sights are counted, since 1970. */
  hour: number;
  sightsInHour: number;
  measured: Measurement | null;
  /** When its shares are looked at next, in milliseconds since 1970. */
  dueAt: number;
  /** Shares (0–1) above 0 as they were told last. */
  readonly toldOfVariants: Map<string, number>;
  readonly toldOfChanges: Map<string, number>;
}

/**
 * Makes few events of many evaluations: one at the first sight of a variant, one when the share of what is new
 * has moved. It is an estimate, held in memory: a crash forgets it. It reads no clock and publishes nothing.
 */
export class Evaluations {
  readonly #salt: string = randomUUID();
  /** Tells the shares that this process measures from those of others. */
  readonly #process: string = randomUUID();
  readonly #limits: EvaluationLimits;
  readonly #flags = new Map<string, Flag>();

  constructor(limits: Partial<EvaluationLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /**
   * Counts evaluations, and tells what is seen for the first time. What was forgotten, or is seen by another
   * process, has the same identity within the hour.
   * @param now milliseconds since 1970
   */
  take(evaluations: readonly Evaluation[], now: number): Estimate[] {
    const inOrder = evaluations.toSorted((one, other) => one.at - other.at);
    let contexts = this.#contexts();
    return inOrder.flatMap(evaluation => {
      const flag = this.#flagOf(evaluation);
      contexts += this.#measure(flag, evaluation, now, contexts < this.#limits.contextsMax);
      return [...this.#firstSight(flag, evaluation, now), ...this.#firstExposure(flag, evaluation, now)];
    });
  }

  /**
   * The shares that have moved, of flags that were measured long enough; call it every now and then.
   * @param now milliseconds since 1970
   */
  due(now: number): Estimate[] {
    return this.#flags
      .values()
      .flatMap(flag => this.#dueOf(flag, now))
      .toArray();
  }

  #dueOf(flag: Flag, now: number): Estimate[] {
    const { measured } = flag;
    if (measured === null || now < flag.dueAt) return [];
    flag.dueAt = now + minute;
    const isEnough = measured.contexts >= contextsMin;
    const ofVariants = isEnough ? measured.ofVariants(flag.toldOfVariants) : [];
    const ofChanges = isEnough ? measured.ofChanges(flag.toldOfChanges) : [];
    const shares = [...ofVariants, ...ofChanges];
    const hasMoved = shares.some(({ verdict }) => verdict === 'moved');
    const needsMore = !isEnough || (!hasMoved && shares.some(({ verdict }) => verdict === 'unsure'));
    if (needsMore && now - measured.since < measuredMax) return [];
    flag.measured = null;
    return [
      ...moved(ofVariants, flag.toldOfVariants).map(share => this.#variantMoved(flag, measured.since, share)),
      ...moved(ofChanges, flag.toldOfChanges).map(share => this.#changeMoved(flag, measured.since, share)),
    ];
  }

  #contexts(): number {
    return this.#flags.values().reduce((sum, { measured }) => sum + (measured?.contexts ?? 0), 0);
  }

  #flagOf({ service, environment, set, flag }: Evaluation): Flag {
    const name = JSON.stringify([service, environment, set, flag]);
    const known = this.#flags.get(name);
    if (known?.measured) return known;
    // Once per measurement is often enough to know which were quiet longest: those that come first.
    this.#flags.delete(name);
    const found = known ?? newFlag({ service, environment, set, flag });
    this.#flags.set(name, found);
    if (this.#flags.size > this.#limits.flagsMax) this.#forgetQuietest();
    return found;
  }

  #forgetQuietest(): void {
    for (const name of this.#flags.keys()) {
      this.#flags.delete(name);
      return;
    }
  }

  /** @returns by how many contexts the sample grew */
  #measure(flag: Flag, evaluation: Evaluation, now: number, hasRoom: boolean): number {
    if (flag.measured === null) {
      flag.measured = new Measurement(now, this.#salt, this.#limits.sampleMax);
      flag.dueAt = now + minute;
    }
    const before = flag.measured.contexts;
    if (hasRoom || before < contextsMin) flag.measured.take(evaluation);
    return flag.measured.contexts - before;
  }

  #firstSight(flag: Flag, evaluation: Evaluation, now: number): Estimate[] {
    const { set, version, variant, service, environment, at } = evaluation;
    if (!evaluation.isSight || !this.#isFirst(flag, JSON.stringify([version, variant]), now)) return [];
    const about = [`in ${environment}`, version && `version ${version}`, set && `set ${set}`].filter(Boolean);
    const event: SentEvent = {
      type: 'flag_changed',
      id: digest([set, evaluation.flag, version, variant, service, environment, hourOf(at)]),
      source: sourceOf(service),
      service,
      flag: evaluation.flag,
      variant,
      title: `first seen ${about.join(', ')}`.slice(0, 1_000).toWellFormed(),
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
    if (flag.seen.size >= seenMax) flag.seen.delete(flag.seen.values().next().value ?? '');
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

/** Those that have moved; `told` then holds them. */
function moved(shares: readonly Share[], told: Map<string, number>): Share[] {
  const some = shares.filter(({ verdict }) => verdict === 'moved');
  for (const { name, share } of some)
    if (share === 0) told.delete(name);
    else told.set(name, share);
  return some;
}

function newFlag(key: Flag['key']): Flag {
  return {
    key,
    seen: new Set(),
    hour: 0,
    sightsInHour: 0,
    measured: null,
    dueAt: 0,
    toldOfVariants: new Map(),
    toldOfChanges: new Map(),
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

/** To a tenth. A share above 0 stays above 0, and one below 1 below 100. */
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
