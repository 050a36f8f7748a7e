import type { WeeklyReport } from '../report.ts';

/**
 * Where the receipts of a week's number are.
 * @param metric Prometheus name without prefix
 * @param service only of this one; absent: of all that the report is about
 */
export function receiptsHref(report: WeeklyReport, metric: string, week: string, service?: string): string {
  const about = service === undefined ? { service: report.service, team: report.team } : { service };
  const query = Object.entries({ metric, environment: report.environment, ...about, week });
  const set = query.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]]));
  return `/receipts?${new URLSearchParams(set)}`;
}
