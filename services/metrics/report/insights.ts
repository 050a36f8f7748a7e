import { counted, days } from '../web/words.ts';
import { metrics } from './headline.ts';
import { areOpen, type Highlight, highlightsOf } from './highlights.ts';
import { type Numbers, pick } from './numbers.ts';
import { trendText } from './render/trend-words.ts';
import type { WeeklyReport } from './report.ts';
import { type Trend, trendsOf, weeksBefore } from './trend.ts';

/** The numbers of a report in words. The names of services and teams are in fields of their own. */
export interface Insights {
  /** The last full week; null when none is over. */
  readonly week: string | null;
  /** Its first and last day: `9–15 Nov`. */
  readonly days: string | null;
  /** The events of that week in a sentence or two. */
  readonly summary: string;
  /** What that week is compared with: `the median of the 4 full weeks before`; null when there are none. */
  readonly usual: string | null;
  /** The trend of each headline number. */
  readonly changed: readonly Insight[];
  /** At most three, the most important first. */
  readonly lookAt: readonly Highlight[];
}

export interface Insight extends Trend {
  readonly title: string;
  /** `8 % (3 of 37; 95 % interval 3–21 %), usually 12 %: better.` */
  readonly text: string;
}

/** A report in words: its last full week against the median of the four before it, and its highlights. */
export function insightsOf(report: WeeklyReport): Insights {
  const full = report.weeks.filter(week => !week.partial);
  const last = full.at(-1);
  const before = full.slice(-1 - weeksBefore, -1).map(({ numbers }) => numbers);
  const trends = trendsOf(last?.numbers ?? null, before);
  return {
    week: last?.week ?? null,
    days: last ? days(Date.parse(last.from), Date.parse(last.to), report.timezone) : null,
    summary: last ? summaryOf(report, last.numbers) : 'No full week is over yet.',
    usual: usualText(before.length),
    changed: metrics.flatMap((metric, i) => {
      const trend = trends[i];
      return trend ? [{ title: metric.title, ...trend, text: trendText(metric, trend) }] : [];
    }),
    lookAt: highlightsOf(report, trends),
  };
}

function usualText(weeks: number): string | null {
  if (weeks === 0) return null;
  return weeks === 1 ? 'the full week before' : `the median of the ${weeks} full weeks before`;
}

function summaryOf({ services, openIncidents }: WeeklyReport, week: Numbers): string {
  const count = (...path: string[]) => pick(week, ...path) ?? 0;
  const exposed = count('exposed_changes');
  const contained = count('rolled_back_changes', 'contained');
  const failed = contained + count('rolled_back_changes', 'escaped');
  const outages = count('time_to_restore_samples');
  const open = openIncidents === 0 ? '' : ` Now ${areOpen(openIncidents)}.`;
  if (exposed + failed + outages === 0)
    return `Nothing happened: no rollout met real traffic, none was rolled back, no outage ended.${open}`;
  const active = services.filter(({ lastWeek }) => lastWeek && (pick(lastWeek, 'exposed_changes') ?? 0) > 0);
  const of = services.length > 1 && active.length > 0 ? ` of ${counted(active.length, 'service')}` : '';
  const met = `${capitalized(counted(exposed, 'rollout'))}${of} met real traffic; ${rolledBackText(failed, contained)}.`;
  const ended = outages === 0 ? '' : ` ${capitalized(counted(outages, 'outage'))} ended.`;
  return met + ended + open;
}

function rolledBackText(failed: number, contained: number): string {
  if (failed === 0) return 'none was rolled back';
  if (failed === 1) return `1 was rolled back, ${contained === 1 ? 'before' : 'after'} full traffic`;
  const share = contained === failed ? 'all' : contained === 0 ? 'none' : contained;
  return `${failed} were rolled back, ${share} of them before full traffic`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
