import { escapeHtml } from '../../web/html.ts';
import { counted, dash, days } from '../../web/words.ts';
import { manyChanges } from '../annotations.ts';
import { metrics } from '../headline.ts';
import type { WeeklyReport, WeekReport } from '../report.ts';
import { weekReceiptsLink } from './links.ts';
import { valueCell } from './services-table.ts';

/** The numbers of every week with their samples, as links to their receipts: the charts as text. */
export function weeksTable(report: WeeklyReport): string {
  const { weeks, overall } = report;
  const heads = metrics.map(metric => `<th scope="col">${metric.title}</th>`);
  const all = metrics.map(
    metric => `<td data-title="${metric.title}">${valueCell(metric, overall, null)}</td>`,
  );
  return [
    '<section aria-labelledby="weeks"><h2 id="weeks">Week by week</h2>',
    `<table class="weeks"><caption>Newest first, each number with the samples that it stands on. Big rollouts are those that brought ${manyChanges} changes or more.</caption>`,
    `<thead><tr><th scope="col">Week</th>${heads.join('')}<th scope="col">Flags, outages, big rollouts</th></tr></thead>`,
    `<tbody>\n${weeks
      .toReversed()
      .map(week => row(report, week))
      .join('\n')}`,
    `<tr class="all"><th scope="row">All ${counted(weeks.length, 'week')}</th>${all.join('')}<td></td></tr>`,
    '</tbody></table></section>',
  ].join('\n');
}

function row(report: WeeklyReport, week: WeekReport): string {
  const range = days(Date.parse(week.from), Date.parse(week.to), report.timezone);
  const note = week.partial ? `${range}, so far` : range;
  const cells = metrics.map(metric => {
    const href = metric.samples(week.numbers) === 0 ? null : weekReceiptsLink(report, metric.name, week.week);
    return `<td data-title="${metric.title}">${valueCell(metric, week.numbers, href)}</td>`;
  });
  return `<tr${week.partial ? ' class="running"' : ''}><th scope="row">${week.week} <small>${escapeHtml(note)}</small></th>${cells.join('')}<td data-title="Flags, outages, big rollouts"><small>${annotationsText(week)}</small></td></tr>`;
}

function annotationsText({ marks: { flagChanges, outages, bigRollouts } }: WeekReport): string {
  const texts = [
    flagChanges ? counted(flagChanges, 'flag change') : '',
    outages > 0 ? counted(outages, 'outage') : '',
    bigRollouts > 0 ? counted(bigRollouts, 'big rollout') : '',
  ].filter(text => text !== '');
  return texts.length === 0 ? dash : texts.join('<br>');
}
