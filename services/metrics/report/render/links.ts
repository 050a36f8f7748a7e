import type { Highlight } from '../highlights.ts';
import type { WeeklyReport } from '../report.ts';

/** The page that shows this report. @param base where people reach the server, without a slash at the end */
export function reportLink(report: WeeklyReport, base: string): string {
  const { environment, service, team, weeks } = report;
  return `${base}/${queryText({ environment, service, team, weeks: String(weeks.length) })}`;
}

/** The receipts of what is to be looked at; of open incidents, which have none, the page of the service. */
export function highlightLink(
  report: WeeklyReport,
  { service, metric }: Highlight,
  week: string | null,
  base: string,
): string {
  const { environment } = report;
  const about = service === null ? { service: report.service, team: report.team } : { service };
  if (metric === null || week === null) return `${base}/${queryText({ environment, ...about })}`;
  return `${base}/receipts${queryText({ metric, environment, ...about, week })}`;
}

function queryText(query: Readonly<Record<string, string | null>>): string {
  const set = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === null ? [] : [[name, value]],
  );
  return `?${new URLSearchParams(set)}`;
}
