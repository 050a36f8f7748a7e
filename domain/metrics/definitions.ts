/**
 * The numbers: what the store samples, and how samples become what people read.
 * Every metric of the product is defined here once; Prometheus, the page and the report print this list.
 */

/**
 * What is sampled. A sample is one row (service, environment, measure, subject) with a moment that
 * places it and a whole value, both in milliseconds. The position in this list is the measure's number
 * in the database, so new ones are added at the end.
 */
export const measures = [
  'exposed', //            a rollout, at its exposure
  'progressive', //        … that took traffic in steps
  'reworked', //           … that repaired a failure
  'intervened', //         … that was rolled back or blamed for an incident, whenever that was
  'contained', //          a rollout, at its rollback, before it was full; value: its failed exposure
  'escaped', //            … after it was full
  'lead_time', //          a change, at its first exposure; value: since its merge
  'created_to_merged', //  …; value: from creation to merge
  'exposed_to_full', //    …; value: from the exposure to full traffic of the rollout that exposed it
  'restored', //           an outage, at its end; value: its length
  'outage_recovered', //   … that is blamed on a rollout
  'rollback_recovered', // a rolled-back rollout blamed for no incident, at its rollback; value: since its exposure
  'merge_unknown', //      finding: a change was exposed whose merge nobody told
  'merged_after_exposure', // finding: a change was exposed before its merge
  'rollback_unexposed', // finding: a rollback of a rollout whose exposure nobody told
  'blame_inferred', //     finding: an incident that names nothing was blamed on the newest rollout
  'blame_unknown', //      finding: an incident names a rollout or a change that nobody exposed
  'resolution_undetected', // finding: an incident was resolved that nobody detected
] as const;
export type Measure = (typeof measures)[number];

/** Data-quality findings: counted and listed, part of no metric. */
export const findings = measures.slice(measures.indexOf('merge_unknown'));

/** The windows of every number, in days. */
export const windows = [7, 30, 90] as const;
export type WindowDays = (typeof windows)[number];
export const windowDaysMax = Math.max(...windows);
export const dayMs = 86_400_000;

/** Samples of one scope (a service, a team, the fleet) in one period, as the definitions read them. */
export interface Aggregates {
  count(...of: Measure[]): number;
  /** Sum of the values, in milliseconds. */
  sum(...of: Measure[]): number;
  /** Nearest-rank quantile of the values, within 1 %, in milliseconds; null without samples. */
  quantile(rank: number, ...of: Measure[]): number | null;
  /** Length of the period in days. */
  readonly days: number;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** The number in the family's unit; null where there is nothing to say. */
  readonly value: (tally: Aggregates) => number | null;
}

export interface Family {
  /** Prometheus name without the prefix of its scope (`dora_`, `dora_team_`, `dora_fleet_`). */
  readonly name: string;
  readonly help: string;
  readonly series: readonly Series[];
}

const seconds = (ms: number | null) => (ms === null ? null : ms / 1000);

const one = (name: string, help: string, value: Series['value']): Family => ({
  name,
  help,
  series: [{ labels: {}, value }],
});

const ratio = (name: string, help: string, ...of: Measure[]): Family =>
  one(name, help, tally =>
    tally.count('exposed') === 0 ? null : tally.count(...of) / tally.count('exposed'),
  );

const quantiles = ['0.5', '0.9'] as const;

const distribution = (name: string, what: string, ...of: Measure[]): Family[] => [
  {
    name: `${name}_seconds`,
    help: `${what}, in seconds (nearest-rank quantiles).`,
    series: quantiles.map(quantile => ({
      labels: { quantile },
      value: tally => seconds(tally.quantile(Number(quantile), ...of)),
    })),
  },
  one(`${name}_mean_seconds`, `${what}, in seconds (arithmetic mean).`, tally =>
    tally.count(...of) === 0 ? null : tally.sum(...of) / tally.count(...of) / 1000,
  ),
  one(`${name}_samples`, `${what}: how many samples.`, tally => tally.count(...of)),
];

const stages: Readonly<Record<string, Measure>> = {
  created_to_merged: 'created_to_merged',
  merged_to_exposed: 'lead_time',
  exposed_to_full: 'exposed_to_full',
};

/** Every windowed metric (`docs/metrics.md`), in the order in which it is printed. */
export const families: readonly Family[] = [
  one('exposed_changes', 'Rollouts that first met real traffic in the window.', tally =>
    tally.count('exposed'),
  ),
  {
    name: 'rolled_back_changes',
    help: 'Rollouts rolled back in the window: contained before they were full, or escaped.',
    series: (['contained', 'escaped'] as const).map(containment => ({
      labels: { containment },
      value: tally => tally.count(containment),
    })),
  },
  ratio('change_failure_ratio', 'Rolled back per exposed rollout; it may exceed 1.', 'contained', 'escaped'),
  ratio(
    'intervention_ratio',
    'Share of the exposed rollouts that were rolled back or blamed for an incident.',
    'intervened',
  ),
  ...distribution('lead_time', 'Lead time: from the merge of a change to its first exposure', 'lead_time'),
  ...distribution(
    'time_to_restore',
    'Time to restore: from the first error alert of an outage to healthy',
    'restored',
  ),
  ...distribution(
    'recovery_time',
    'Failed-deployment recovery time: outages blamed on a rollout, and rollbacks without an incident',
    'outage_recovered',
    'rollback_recovered',
  ),
  {
    name: 'stage_seconds',
    help: 'Stages of the changes that have a lead time, in seconds (nearest-rank quantiles).',
    series: Object.entries(stages).flatMap(([stage, measure]) =>
      quantiles.map(quantile => ({
        labels: { stage, quantile },
        value: (tally: Aggregates) => seconds(tally.quantile(Number(quantile), measure)),
      })),
    ),
  },
  one(
    'deployments_per_day',
    'Exposed rollouts per day of the window.',
    tally => tally.count('exposed') / tally.days,
  ),
  ratio('rework_ratio', 'Share of the exposed rollouts that were made to repair a failure.', 'reworked'),
  ratio('progressive_ratio', 'Share of the exposed rollouts that took traffic in steps.', 'progressive'),
  one(
    'failed_exposure_seconds',
    'Traffic-weighted seconds that customers spent on rollouts rolled back in the window.',
    tally => tally.sum('contained', 'escaped') / 1000,
  ),
];

/** An incident that is open for longer was probably forgotten, or its resolution lost; it is reported. */
export const openDaysMax = 7;

/** Metrics without a window. */
export const openIncidents = { name: 'open_incidents', help: 'Incidents detected and not yet resolved.' };
export const rolloutsTotal = {
  name: 'rollouts_total',
  help: 'Rollouts since the beginning of the record: exposed, and those of them that were rolled back.',
  outcomes: ['exposed', 'rolled_back'],
} as const;
