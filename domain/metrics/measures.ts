import type { Reason, SubjectKind } from './reasons.ts';

/**
 * What is observed. An observation is one row (service, environment, measure, subject) with a timestamp that places it
 * in time and a whole value, both in milliseconds.
 */
interface MeasureBase {
  /** Its number in the database, for ever: a number is never changed, and never given to another measure. */
  readonly id: number;
  readonly subject: SubjectKind;
}

/** A measure that metrics are made of. */
interface MetricMeasureDefinition extends MeasureBase {
  readonly role: 'metric';
  /** What its subjects are called: many of them. */
  readonly plural: string;
  /** What happened to the subject at the timestamp: the end of a sentence that begins with the subject. */
  readonly happened: string;
  /** Why something of the period may not be observed. */
  readonly leftOut: readonly Reason[];
}

/** A data-quality finding: it is counted and listed, and part of no metric. */
interface FindingDefinition extends MeasureBase {
  readonly role: 'finding';
}

const noExposure = ['drill_exposed', 'return_exposed'] as const;
const noRollback = ['rollback_unexposed', 'drill_rolled_back', 'return_rolled_back'] as const;
const noLeadTime = ['merge_unknown', 'merged_after_exposure'] as const;

/** Every measure by its name, in the order of the ids. */
export const measures = {
  /** A rollout, at its exposure. */
  exposed: {
    id: 0,
    role: 'metric',
    subject: 'rollout',
    plural: 'exposed rollouts',
    happened: 'first met real traffic',
    leftOut: noExposure,
  },
  /** A rollout that took traffic in steps, at its exposure. */
  progressive: {
    id: 1,
    role: 'metric',
    subject: 'rollout',
    plural: 'progressive rollouts',
    happened: 'took traffic in steps',
    leftOut: noExposure,
  },
  /** A rollout that repaired a failure, at its exposure. */
  reworked: {
    id: 2,
    role: 'metric',
    subject: 'rollout',
    plural: 'rollouts that repaired a failure',
    happened: 'repaired a failure',
    leftOut: noExposure,
  },
  /** A rollout that was ever rolled back or blamed for an incident, at its exposure. */
  intervened: {
    id: 3,
    role: 'metric',
    subject: 'rollout',
    plural: 'rollouts rolled back or blamed',
    happened: 'was rolled back or blamed for an incident',
    leftOut: [...noExposure, 'blame_unknown'],
  },
  /** A rollout that was rolled back before it had all traffic, at its rollback; value: its failed exposure. */
  contained: {
    id: 4,
    role: 'metric',
    subject: 'rollout',
    plural: 'contained rollouts',
    happened: 'was rolled back before it had all traffic',
    leftOut: noRollback,
  },
  /** A rollout that was rolled back after it had all traffic, at its rollback; value: its failed exposure. */
  escaped: {
    id: 5,
    role: 'metric',
    subject: 'rollout',
    plural: 'escaped rollouts',
    happened: 'was rolled back after it had all traffic',
    leftOut: noRollback,
  },
  /** A change, at its first exposure; value: the time since its merge. */
  lead_time: {
    id: 6,
    role: 'metric',
    subject: 'change',
    plural: 'changes with a lead time',
    happened: 'first met real traffic, so long after its merge',
    leftOut: noLeadTime,
  },
  /** A change with a lead time, at its first exposure; value: from its creation to its merge. */
  created_to_merged: {
    id: 7,
    role: 'metric',
    subject: 'change',
    plural: 'changes with a creation and a merge',
    happened: 'was merged, so long after its creation',
    leftOut: [...noLeadTime, 'created_unknown', 'created_after_merge'],
  },
  /** A change with a lead time, at its first exposure; value: from there to full traffic of the rollout that exposed it. */
  exposed_to_full: {
    id: 8,
    role: 'metric',
    subject: 'change',
    plural: 'changes that reached full traffic',
    happened: 'had all traffic, so long after its first exposure',
    leftOut: [...noLeadTime, 'never_full'],
  },
  /** An outage, at its end; value: its length. */
  restored: {
    id: 9,
    role: 'metric',
    subject: 'outage',
    plural: 'outages',
    happened: 'ended',
    leftOut: ['open', 'resolution_undetected'],
  },
  /** An outage that is blamed on a rollout, at its end; value: its length. */
  outage_recovered: {
    id: 10,
    role: 'metric',
    subject: 'outage',
    plural: 'outages blamed on a rollout',
    happened: 'ended; it is blamed on a rollout',
    leftOut: ['not_blamed', 'open', 'resolution_undetected'],
  },
  /** A rollout that was rolled back and is blamed for no incident, at its rollback; value: the time since its exposure. */
  rollback_recovered: {
    id: 11,
    role: 'metric',
    subject: 'rollout',
    plural: 'rollbacks without an incident',
    happened: 'was rolled back, so long after its exposure',
    leftOut: ['blamed', 'rolled_back_before_exposure', ...noRollback],
  },
  /** A change was exposed whose merge is not known. */
  merge_unknown: { id: 12, role: 'finding', subject: 'change' },
  /** A change was exposed before its merge. */
  merged_after_exposure: { id: 13, role: 'finding', subject: 'change' },
  /** A rollout was rolled back whose exposure is not known. */
  rollback_unexposed: { id: 14, role: 'finding', subject: 'rollout' },
  /** An incident that names nothing was blamed on the newest rollout. */
  blame_inferred: { id: 15, role: 'finding', subject: 'incident' },
  /** An incident names a rollout or a change that nobody exposed. */
  blame_unknown: { id: 16, role: 'finding', subject: 'incident' },
  /** An incident was resolved that nobody detected. */
  resolution_undetected: { id: 17, role: 'finding', subject: 'incident' },
} as const satisfies Readonly<Record<string, MetricMeasureDefinition | FindingDefinition>>;

export type Measure = keyof typeof measures;
/** A measure that metrics may be made of. */
export type MetricMeasure = NamesOf<'metric'>;
export type Finding = NamesOf<'finding'>;
type NamesOf<Role> = {
  [Name in Measure]: (typeof measures)[Name]['role'] extends Role ? Name : never;
}[Measure];

export const measureNames = Object.keys(measures) as readonly Measure[];
export const metricMeasures: readonly MetricMeasure[] = measureNames.filter(isMetricMeasure);
export const findings: readonly Finding[] = measureNames.filter(name => !isMetricMeasure(name));

export function isMeasure(name: string): name is Measure {
  return Object.hasOwn(measures, name);
}

export function isMetricMeasure(name: Measure): name is MetricMeasure {
  return measures[name].role === 'metric';
}

/** By id: an array, because every observation that is read looks its measure up. */
const namesById: (Measure | undefined)[] = [];
for (const name of measureNames) namesById[measures[name].id] = name;

/** The measure with this number. @throws {Error} where the number is not known */
export function measureOf(id: number): Measure {
  const name = namesById[id];
  if (name === undefined) throw new Error(`there is no measure ${id}`);
  return name;
}

/**
 * Measures whose observations are taken together as one list. The same measures are always the same object, see
 * {@link measureSet}: what is computed of a set can be kept under it.
 */
export interface MeasureSet {
  readonly measures: readonly MetricMeasure[];
  /** Where each of them stands in {@link metricMeasures}, for arrays with one place per measure. */
  readonly slots: readonly number[];
}

const sets = new Map<string, MeasureSet>();

export function measureSet(...of: readonly MetricMeasure[]): MeasureSet {
  const key = of.join();
  const known = sets.get(key);
  if (known) return known;
  const made = { measures: of, slots: of.map(measure => metricMeasures.indexOf(measure)) };
  sets.set(key, made);
  return made;
}
