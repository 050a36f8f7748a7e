import type { Metric } from '../headline.ts';

/** One answer of DORA's survey, as a range of a metric's values. */
export interface Benchmark {
  /** In the metric's unit; included. */
  readonly from: number;
  /** Excluded. */
  readonly to: number;
  readonly name: string;
}

/** The newest survey whose questions are published. */
export const benchmarkYear = 2025;

const hour = 3_600;
const day = 24 * hour;

const times: readonly Benchmark[] = [
  { from: 0, to: hour, name: 'under 1 hour' },
  { from: hour, to: day, name: 'under 1 day' },
  { from: day, to: 7 * day, name: '1 day to 1 week' },
  { from: 7 * day, to: 30 * day, name: '1 week to 1 month' },
  { from: 30 * day, to: 182 * day, name: '1 to 6 months' },
  { from: 182 * day, to: Infinity, name: 'over 6 months' },
];

const frequencies: readonly Benchmark[] = [
  { from: 0, to: 1 / 182, name: 'less than twice a year' },
  { from: 1 / 182, to: 1 / 30, name: 'once in 1 to 6 months' },
  { from: 1 / 30, to: 1 / 7, name: 'monthly to weekly' },
  { from: 1 / 7, to: 1, name: 'weekly to daily' },
  { from: 1, to: Infinity, name: 'daily or more often' },
];

/**
 * The answers that DORA's survey offers, for the metrics that it asks about. It asks for ratios as a percentage, without
 * answers to choose from, and for the time to restore after a failed change only, which is the recovery time. Its
 * answers "once per hour to once per day" and "on demand (multiple per day)" overlap: they are one here. A month has 30
 * days.
 * @param ofOneService the survey asks how often one application is deployed, so many services together have no answer
 * @see https://github.com/dora-team/dora.dev/blob/main/hugo/data/survey_questions/2025-state-of-ai-assisted-software-development.json
 */
export function benchmarksOf({ name }: Metric, ofOneService: boolean): readonly Benchmark[] {
  switch (name) {
    case 'lead_time_seconds':
    case 'recovery_time_seconds':
      return times;
    case 'deployments_per_day':
      return ofOneService ? frequencies : [];
    default:
      return [];
  }
}
