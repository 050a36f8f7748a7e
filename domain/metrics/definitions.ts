import type { Definition, Windowless } from './definition.ts';
import { measureSet } from './measures.ts';

/**
 * The numbers of the product as data: every metric is defined here, once. `interpret.ts` computes it; Prometheus, the
 * page, the report, receipts, OpenAPI and Grafana's dashboards read this list through `families.ts`.
 */

/** The windows of every number, in days. */
export const windows = [7, 30, 90] as const;
export type WindowDays = (typeof windows)[number];
export const windowDaysMax = Math.max(...windows);
export const dayMs = 86_400_000;

const exposed = measureSet('exposed');
const rolledBack = measureSet('contained', 'escaped');
const quantiles = [0.5, 0.9] as const;

/** Every metric that has windows (`docs/metrics.md`), in the order in which it is printed. */
export const definitions: readonly Definition[] = [
  {
    kind: 'count',
    name: 'exposed_changes',
    title: 'Exposed changes',
    help: 'Rollouts that first met real traffic in the window.',
    unit: 'count',
    better: null,
    of: exposed,
  },
  {
    kind: 'count',
    name: 'rolled_back_changes',
    title: 'Rolled back changes',
    help: 'Rollouts rolled back in the window: contained before they were full, or escaped.',
    unit: 'count',
    better: 'lower',
    of: {
      label: 'containment',
      series: { contained: measureSet('contained'), escaped: measureSet('escaped') },
    },
  },
  {
    kind: 'ratio',
    name: 'change_failure_ratio',
    title: 'Change failure ratio',
    help: 'Rolled back per exposed rollout; it may exceed 1.',
    unit: 'ratio',
    better: 'lower',
    numerator: rolledBack,
    denominator: exposed,
    headline: {
      sample: 'rollout',
      about: 'rolled back ÷ exposed rollouts',
      meaning:
        'Rollouts that were rolled back in the week per rollout that first met real traffic in it; it may exceed 100\u00a0%.',
    },
  },
  {
    kind: 'ratio',
    name: 'intervention_ratio',
    title: 'Intervention ratio',
    help: 'Share of the exposed rollouts that were rolled back or blamed for an incident.',
    unit: 'ratio',
    better: 'lower',
    numerator: measureSet('intervened'),
    denominator: exposed,
  },
  {
    kind: 'distribution',
    name: 'lead_time',
    title: 'Lead time',
    help: 'Lead time: from the merge of a change to its first exposure',
    unit: 'seconds',
    better: 'lower',
    of: measureSet('lead_time'),
    quantiles,
    mean: true,
    samples: true,
    headline: {
      sample: 'change',
      about: 'median, from merge to first real traffic',
      meaning: 'From the merge of a change to the first real traffic that it served.',
    },
  },
  {
    kind: 'distribution',
    name: 'time_to_restore',
    title: 'Time to restore',
    help: 'Time to restore: from the first error alert of an outage to healthy',
    unit: 'seconds',
    better: 'lower',
    of: measureSet('restored'),
    quantiles,
    mean: true,
    samples: true,
    headline: {
      sample: 'outage',
      about: 'median, from first alert to healthy',
      meaning:
        'From the first error alert of an outage to healthy; open incidents join when they are resolved.',
    },
  },
  {
    kind: 'distribution',
    name: 'recovery_time',
    title: 'Recovery time',
    help: 'Failed-deployment recovery time: outages blamed on a rollout, and rollbacks without an incident',
    unit: 'seconds',
    better: 'lower',
    of: measureSet('outage_recovered', 'rollback_recovered'),
    quantiles,
    mean: true,
    samples: true,
    headline: {
      sample: 'recovered failure',
      about: 'median, of failed deployments',
      meaning: 'Of outages blamed on a rollout their length; of other rollbacks the time since the exposure.',
    },
  },
  {
    kind: 'distribution',
    name: 'stage',
    title: 'Stage',
    help: 'Stages of the changes that have a lead time',
    unit: 'seconds',
    better: 'lower',
    of: {
      label: 'stage',
      series: {
        created_to_merged: measureSet('created_to_merged'),
        merged_to_exposed: measureSet('lead_time'),
        exposed_to_full: measureSet('exposed_to_full'),
      },
    },
    quantiles,
    mean: false,
    samples: false,
  },
  {
    kind: 'rate',
    name: 'deployments_per_day',
    title: 'Deployments per day',
    help: 'Exposed rollouts per day of the window.',
    unit: 'per_day',
    better: 'higher',
    of: exposed,
    headline: {
      sample: 'rollout',
      about: 'rollouts that met real traffic',
      meaning: 'Rollouts that first met real traffic, per day; the running week counts the days so far.',
    },
  },
  {
    kind: 'ratio',
    name: 'rework_ratio',
    title: 'Rework ratio',
    help: 'Share of the exposed rollouts that were made to repair a failure.',
    unit: 'ratio',
    better: 'lower',
    numerator: measureSet('reworked'),
    denominator: exposed,
    headline: {
      sample: 'rollout',
      about: 'rollouts made to repair a failure',
      meaning: 'The share of rollouts that were made to repair a failure.',
    },
  },
  {
    kind: 'ratio',
    name: 'progressive_ratio',
    title: 'Progressive ratio',
    help: 'Share of the exposed rollouts that took traffic in steps.',
    unit: 'ratio',
    better: 'higher',
    numerator: measureSet('progressive'),
    denominator: exposed,
  },
  {
    kind: 'sum',
    name: 'failed_exposure_seconds',
    title: 'Failed exposure',
    help: 'Traffic-weighted seconds that customers spent on rollouts rolled back in the window.',
    unit: 'seconds',
    better: 'lower',
    of: rolledBack,
  },
];

/** The numbers that lead the page and the report, in the order in which people read them. */
export const headlineNames: readonly string[] = [
  'change_failure_ratio',
  'lead_time',
  'time_to_restore',
  'deployments_per_day',
  'rework_ratio',
  'recovery_time',
];

/** An incident that is open for longer was probably forgotten, or its resolution was lost; it is reported. */
export const openDaysMax = 7;

export const openIncidents = {
  kind: 'open',
  name: 'open_incidents',
  title: 'Open incidents',
  help: 'Incidents detected and not yet resolved.',
  unit: 'count',
  better: 'lower',
} as const satisfies Windowless;

export const rolloutsTotal = {
  kind: 'total',
  name: 'rollouts_total',
  title: 'Rollouts total',
  help: 'Rollouts since the beginning of the record: exposed, and those of them that were rolled back.',
  unit: 'count',
  better: null,
  label: 'outcome',
  outcomes: ['exposed', 'rolled_back'],
} as const satisfies Windowless & { readonly label: string; readonly outcomes: readonly string[] };
