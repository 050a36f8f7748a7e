import { escapeHtml, nameHtml } from '../../web/html.ts';
import { plainName, plainWords } from '../../web/plain-text.ts';
import { counted, dash } from '../../web/words.ts';
import { metrics } from '../headline.ts';
import { areOpen } from '../highlights.ts';
import type { Insights } from '../insights.ts';
import { type Numbers, pick } from '../numbers.ts';
import type { WeeklyReport, WeekReport } from '../report.ts';
import { highlightLink, reportLink } from './links.ts';
import { cellParts, servicesToList } from './rows.ts';

const ink = '#1b1f24';
const quiet = '#57606a';
const rule = '#d0d7de';
const colours = { contained: '#1a7f64', escaped: '#b42318', none: '#e6eaef' };
const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** The subject of a mail: `All services, production: 2026-W46`. */
export function mailSubject({ service, team, environment }: WeeklyReport, { week }: Insights): string {
  const title = plainName(service ?? (team === null ? 'All services' : `Team ${team}`));
  return `${title}, ${plainName(environment)}: ${week ?? 'no full week yet'}`;
}

/**
 * The report as a page to mail. Tables, and a style at each element, look alike in all mail programs. The page loads
 * and runs nothing.
 * @param base see `baseOf`
 */
export function weeklyMail(report: WeeklyReport, insights: Insights, base: string): string {
  const title = mailSubject(report, insights);
  const body = [
    `<p style="margin:0;color:${quiet};font-size:13px">Firstlight</p>`,
    `<h1 style="margin:4px 0 2px;font-size:24px;line-height:1.25;overflow-wrap:anywhere">${titleHtml(report)}</h1>`,
    paragraph(`${nameHtml(report.environment)}${weekHtml(insights)}`, quiet),
    paragraph(escapeHtml(insights.summary)),
    lookAtHtml(report, insights, base),
    changedHtml(insights),
    weeksHtml(report),
    servicesHtml(report),
    paragraph(`<a href="${escapeHtml(reportLink(report, base))}" style="color:#0b57d0">The whole page</a>`),
    paragraph(`Weeks start on Monday, 00:00 ${escapeHtml(report.timezone)}.`, quiet),
  ].join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;background:#ffffff;color:${ink};${font};font-size:15px;line-height:1.45">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:760px;margin:0 auto;table-layout:fixed"><tr><td style="padding:24px 16px">
${body}
</td></tr></table>
</body>
</html>
`;
}

/** The report for mail programs that show text only. */
export function weeklyText(report: WeeklyReport, insights: Insights, base: string): string {
  const { summary, lookAt, changed, usual, week } = insights;
  const nameOf = (service: string | null) =>
    plainName(service ?? report.service ?? report.team ?? 'All services');
  const items = lookAt.flatMap((item, i) => [
    `${i + 1}. ${nameOf(item.service)}${item.team === '' || item.service === null ? '' : ` (${plainName(item.team)})`}: ${item.text}`,
    `   ${highlightLink(report, item, week, base)}`,
  ]);
  const lines = [
    mailSubject(report, insights),
    '',
    summary,
    '',
    ...(items.length > 0 ? ['To look at:', ...items, ''] : week === null ? [] : ['Nothing stands out.', '']),
    ...(week === null
      ? []
      : ['What changed:', ...changed.map(({ title, text }) => `- ${title}: ${text}`), '']),
    ...(usual === null ? [] : [`"Usually" is ${usual}.`, '']),
    reportLink(report, base),
    '',
  ];
  return plainWords(lines.join('\n'));
}

function titleHtml({ service, team }: WeeklyReport): string {
  if (service !== null) return nameHtml(service);
  return team === null ? 'All services' : `Team ${nameHtml(team)}`;
}

function weekHtml({ week, days }: Insights): string {
  return week === null ? '' : ` · ${week} (${escapeHtml(days ?? '')})`;
}

function lookAtHtml(report: WeeklyReport, { lookAt, week }: Insights, base: string): string {
  if (lookAt.length === 0) return week === null ? '' : paragraph('Nothing stands out.');
  const rows = lookAt.map(item => {
    const name = item.service === null ? titleHtml(report) : nameHtml(item.service);
    const team = item.team === '' || item.service === null ? '' : ` (${nameHtml(item.team)})`;
    const colour = item.tone === 'bad' ? colours.escaped : colours.contained;
    const link = escapeHtml(highlightLink(report, item, week, base));
    return `<tr><td style="padding:8px 12px;border-left:4px solid ${colour};overflow-wrap:anywhere"><strong>${name}</strong>${team}: ${escapeHtml(item.text)} <a href="${link}" style="color:#0b57d0">See</a></td></tr><tr><td style="height:6px"></td></tr>`;
  });
  return `${heading('To look at')}\n<table role="presentation" width="100%" cellpadding="0" cellspacing="0">${rows.join('\n')}</table>`;
}

function changedHtml({ changed, usual, week }: Insights): string {
  if (week === null) return '';
  const rows = changed.map(
    ({ title, text }) =>
      `<tr><th scope="row" ${cell('left')}>${title}</th><td ${cell('left')}>${escapeHtml(text)}</td></tr>`,
  );
  const note = usual === null ? '' : paragraph(`Usually is ${usual}.`, quiet);
  return `${heading('What changed')}\n${table('', rows)}\n${note}`;
}

function weeksHtml({ weeks }: WeeklyReport): string {
  const head = ['Week', ...metrics.map(({ title }) => title), 'Rolled back: contained, escaped'];
  const largest = Math.max(1, ...weeks.map(week => failuresOf(week).contained + failuresOf(week).escaped));
  const rows = weeks.toReversed().map(week => {
    const numbers = numberCells(week.numbers);
    const name = week.partial ? `${week.week} so far` : week.week;
    return `<tr><th scope="row" ${cell('left')}><span style="white-space:nowrap">${name}</span></th>${numbers}<td ${cell('left')}>${barHtml(week, largest)}</td></tr>`;
  });
  return `${heading('Week by week')}\n${table(headRow(head), rows)}`;
}

function failuresOf({ numbers }: WeekReport): { contained: number; escaped: number } {
  return {
    contained: pick(numbers, 'rolled_back_changes', 'contained') ?? 0,
    escaped: pick(numbers, 'rolled_back_changes', 'escaped') ?? 0,
  };
}

/** A bar of two colours, made of cells; its numbers tell the colours apart for readers who cannot see them. */
function barHtml(week: WeekReport, largest: number): string {
  const { contained, escaped } = failuresOf(week);
  const part = (count: number, colour: string) =>
    count === 0
      ? ''
      : `<td width="${Math.round((100 * count) / largest)}%" bgcolor="${colour}" style="background:${colour};color:#ffffff;font-size:11px;text-align:center">${count}</td>`;
  const rest = largest - contained - escaped;
  const room =
    rest > 0 ? `<td width="${Math.round((100 * rest) / largest)}%" style="font-size:11px">&nbsp;</td>` : '';
  return `<table role="presentation" width="110" cellpadding="0" cellspacing="0"><tr>${part(contained, colours.contained)}${part(escaped, colours.escaped)}${room}</tr></table>`;
}

function servicesHtml(report: WeeklyReport): string {
  if (report.service !== null) return '';
  const { listed, left } = servicesToList(report);
  if (listed.length === 0) return '';
  const head = ['Service', ...metrics.map(({ title }) => title)];
  const rows = listed.map(({ service, team, lastWeek, openIncidents }) => {
    const notes = [team === '' ? '' : nameHtml(team), openIncidents > 0 ? areOpen(openIncidents) : '']
      .filter(note => note !== '')
      .map(note => ` <br><small style="color:${quiet}">${note}</small>`);
    const name = `<div style="max-width:170px;overflow-wrap:anywhere">${nameHtml(service)}${notes.join('')}</div>`;
    const numbers = lastWeek ? numberCells(lastWeek) : `<td ${cell()}>${dash}</td>`.repeat(metrics.length);
    return `<tr><th scope="row" ${cell('left')}>${name}</th>${numbers}</tr>`;
  });
  const more =
    left === 0 ? '' : paragraph(`And ${counted(left, 'more service')}; the page lists them.`, quiet);
  return `${heading('Services')}\n${table(headRow(head), rows)}\n${more}`;
}

/** The headline numbers, each above the samples that it stands on. */
function numberCells(numbers: Numbers): string {
  return metrics
    .map(metric => {
      const { value, samples } = cellParts(metric, numbers);
      const below = samples === '' ? '' : ` <br><small style="color:${quiet}">${escapeHtml(samples)}</small>`;
      return `<td ${cell()}>${escapeHtml(value)}${below}</td>`;
    })
    .join('');
}

function heading(text: string): string {
  return `<h2 style="margin:24px 0 8px;font-size:17px">${text}</h2>`;
}

function paragraph(html: string, colour: string = ink): string {
  return `<p style="margin:8px 0;color:${colour}">${html}</p>`;
}

function table(head: string, rows: readonly string[]): string {
  return `<div style="overflow-x:auto"><table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:13px">${head}<tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
}

function headRow(titles: readonly string[]): string {
  const cells = titles.map(
    (title, i) => `<th scope="col" ${cell(i === 0 ? 'left' : 'right', quiet)}>${title}</th>`,
  );
  return `<thead><tr>${cells.join('')}</tr></thead>`;
}

function cell(align: 'left' | 'right' = 'right', colour: string = ink): string {
  return `align="${align}" style="padding:4px 6px;border-bottom:1px solid ${rule};text-align:${align};vertical-align:top;${align === 'right' && colour !== quiet ? 'white-space:nowrap;' : ''}color:${colour};font-weight:${colour === quiet ? 600 : 400}"`;
}
