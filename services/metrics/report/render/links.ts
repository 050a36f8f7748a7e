import { receiptsLink, weeklyPageLink } from '../../web/links.ts';
import type { Highlight } from '../highlights.ts';
import type { WeeklyReport } from '../report.ts';

/** The page that shows this report. @param base see `baseOf` */
export function reportLink(report: WeeklyReport, base: string): string {
  const { environment, service, team, weeks } = report;
  return base + weeklyPageLink({ environment, service, team, weeks: String(weeks.length) });
}

/** The receipts of a highlight. Open incidents have none: for them the page of the service. @param base see `baseOf` */
export function highlightLink(
  report: WeeklyReport,
  { service, metric }: Highlight,
  week: string | null,
  base: string,
): string {
  if (metric !== null && week !== null)
    return base + weekReceiptsLink(report, metric, week, service ?? undefined);
  return base + weeklyPageLink({ environment: report.environment, ...scopeOf(report, service ?? undefined) });
}

/**
 * The receipts of a week's number.
 * @param metric Prometheus name without prefix
 * @param service whose number it is; absent: that of all services of the report
 */
export function weekReceiptsLink(
  report: WeeklyReport,
  metric: string,
  week: string,
  service?: string,
): string {
  const { environment } = report;
  return receiptsLink({ metric, environment, ...scopeOf(report, service), week });
}

function scopeOf({ service, team }: WeeklyReport, ofOne: string | undefined) {
  return ofOne === undefined ? { service, team } : { service: ofOne };
}
