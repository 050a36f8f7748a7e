import { plainName, plainWords } from '../../web/plain-text.ts';
import { counted, dash } from '../../web/words.ts';
import { metrics } from '../headline.ts';
import type { Insights } from '../insights.ts';
import type { WeeklyReport } from '../report.ts';
import { highlightLink, reportLink } from './links.ts';
import { cellText, servicesToList } from './rows.ts';

/**
 * The report as Markdown (GitHub's, for its tables): summary, highlights, trends, services and weeks.
 * @param base see `baseOf`
 */
export function weeklyMarkdown(report: WeeklyReport, insights: Insights, base: string): string {
  const week = insights.week === null ? '' : `, ${insights.week} (${insights.days})`;
  const parts = [
    `# ${titleOf(report)} in ${markdownName(report.environment)}${week}`,
    insights.summary,
    ...lookAtPart(report, insights, base),
    ...changedPart(insights),
    ...servicesPart(report),
    ...weeksPart(report),
    `[The page](${reportLink(report, base)}) · weeks start on Monday, 00:00 ${report.timezone}`,
  ];
  return `${plainWords(parts.join('\n\n'))}\n`;
}

function titleOf({ service, team }: WeeklyReport): string {
  if (service !== null) return markdownName(service);
  return team === null ? 'All services' : `Team ${markdownName(team)}`;
}

function lookAtPart(report: WeeklyReport, { lookAt, week }: Insights, base: string): string[] {
  if (lookAt.length === 0) return week === null ? [] : ['Nothing stands out.'];
  const items = lookAt.map((item, i) => {
    const name = item.service === null ? titleOf(report) : markdownName(item.service);
    const team = item.team === '' || item.service === null ? '' : ` (${markdownName(item.team)})`;
    return `${i + 1}. **${name}**${team}: ${item.text} [See](${highlightLink(report, item, week, base)})`;
  });
  return ['## To look at', items.join('\n')];
}

function changedPart({ changed, usual, week }: Insights): string[] {
  if (week === null) return [];
  return [
    '## What changed',
    changed.map(({ title, text }) => `- **${title}**: ${text}`).join('\n'),
    ...(usual === null
      ? []
      : [`*Usually* is ${usual}. Lead time, time to restore and recovery time are medians.`]),
  ];
}

function servicesPart(report: WeeklyReport): string[] {
  const { listed, left } = servicesToList(report);
  if (listed.length === 0) return [];
  const rows = listed.map(({ service, team, openIncidents, lastWeek }) => [
    markdownName(service),
    team === '' ? dash : markdownName(team),
    ...metrics.map(metric => (lastWeek ? cellText(metric, lastWeek) : dash)),
    String(openIncidents),
  ]);
  return [
    '## Services',
    table(['Service', 'Team', ...metrics.map(({ title }) => title), 'Open incidents'], rows),
    ...(left === 0 ? [] : [`And ${counted(left, 'more service')}; the page lists them.`]),
  ];
}

function weeksPart({ weeks, overall }: WeeklyReport): string[] {
  const rows = weeks
    .toReversed()
    .map(({ week, partial, numbers }) => [
      partial ? `${week} so far` : week,
      ...metrics.map(metric => cellText(metric, numbers)),
    ]);
  const all = [`All ${counted(weeks.length, 'week')}`, ...metrics.map(metric => cellText(metric, overall))];
  return ['## Week by week', table(['Week', ...metrics.map(({ title }) => title)], [...rows, all])];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/**
 * A name for the middle of a line of Markdown. All characters that mean something there are escaped, so that no part of
 * a name becomes a link, a cell or HTML.
 * @see https://spec.commonmark.org/0.31.2/#backslash-escapes
 */
export function markdownName(name: string): string {
  return plainName(name)
    .replaceAll(/[\\`*_{}[\]()#!|~&:@$^"']|(?<=www)\./gi, '\\$&')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .trim();
}
