import { type Headline, headlines, type Said } from './headline.ts';
import { documentHtml, escapeHtml, nameHtml } from './html.ts';
import type { Numbers, ServiceReport, WeeklyReport, WeekReport } from './report.ts';
import { sparkLine } from './spark.ts';
import { counted, days, moment, nothing } from './words.ts';

const weekChoices = [4, 12, 26, 53];

/** The weekly page for people: the report as HTML, and nothing that the report does not say. */
export function weeklyPage(report: WeeklyReport): string {
  return documentHtml(
    `${titleOf(report)}, ${report.environment} – Firstlight`,
    [
      header(report),
      '<main>',
      olderOnly(report),
      tiles(report),
      weeksTable(report),
      servicesTable(report),
      definitions(),
      '</main>',
      footer(report),
    ].join('\n'),
  );
}

function titleOf({ service, team }: WeeklyReport): string {
  return service ?? (team === null ? 'All services' : `Team ${team}`);
}

function header(report: WeeklyReport): string {
  const { environment, environments, weeks, openIncidents } = report;
  const choices = [...new Set([environment, ...environments])].sort();
  const environmentLinks = choices.map(name =>
    link(nameHtml(name), queryOf(report, { environment: name }), name === environment),
  );
  const weekLinks = weekChoices.map(count =>
    link(String(count), queryOf(report, { weeks: String(count) }), count === weeks.length),
  );
  const narrowed = report.service !== null || report.team !== null;
  return [
    '<header>',
    '<p class="brand">Firstlight</p>',
    `<h1>${nameHtml(titleOf(report))}</h1>`,
    `<p class="quiet">${nameHtml(environment)} · ${weeks.length === 1 ? 'this week' : `${weeks.length} weeks`} to ${escapeHtml(moment(Date.parse(report.made), report.timezone))} (${escapeHtml(report.timezone)})</p>`,
    openIncidents > 0 ? `<p><strong>${counted(openIncidents, 'open incident')}.</strong></p>` : '',
    '<nav aria-label="What is shown">',
    narrowed
      ? `<ul><li>${link('All services', queryOf(report, { service: '', team: '' }), false)}</li></ul>`
      : '',
    choices.length > 1 ? choiceList('Environment', environmentLinks) : '',
    choiceList('Weeks', weekLinks),
    '</nav>',
    '</header>',
  ].join('\n');
}

/** Whoever has imported an old repository should not think that it was lost. */
function olderOnly({ services, rolloutsTotal, weeks }: WeeklyReport): string {
  if (services.length > 0 || rolloutsTotal === 0) return '';
  const longest = Math.max(...weekChoices);
  const farther = weeks.length < longest ? `; look back up to ${longest} weeks above` : '';
  return `<p>Nothing happened in these weeks. The record holds ${counted(rolloutsTotal, 'rollout')} from before${farther}.</p>`;
}

function tiles({ weeks, overall }: WeeklyReport): string {
  const last = weeks.findLast(week => !week.partial);
  const items = headlines.map(headline => {
    const now = last ? headline.say(last.numbers) : { value: nothing, sample: 'no full week yet' };
    const all = headline.say(overall);
    const trend = sparkLine(
      weeks.map(week => (headline.say(week.numbers).value === nothing ? null : headline.value(week.numbers))),
      weeks.at(-1)?.partial ?? false,
    );
    return [
      '<li>',
      `<h2>${headline.title} <small>${headline.detail}</small></h2>`,
      `<p class="big">${now.value}</p>`,
      `<p><small>${now.sample}${last ? ` in <span class="word">${last.week}</span>` : ''}</small></p>`,
      trend,
      `<p><small>all ${counted(weeks.length, 'week')}: ${all.value} (${all.sample})</small></p>`,
      '</li>',
    ].join('');
  });
  return `<ul class="tiles" aria-label="The last full week">\n${items.join('\n')}\n</ul>`;
}

function weeksTable({ weeks, overall, timezone }: WeeklyReport): string {
  const rows = weeks.toReversed().map(week => weekRow(week, timezone));
  const all = `<tr><th scope="row">All ${counted(weeks.length, 'week')}</th>${cells(overall)}</tr>`;
  return table(
    'weeks',
    'Week by week',
    'Newest first; each number with the samples that it stands on.',
    'Week',
    [...rows, all],
  );
}

function weekRow(week: WeekReport, timezone: string): string {
  const range = days(Date.parse(week.from), Date.parse(week.to), timezone);
  const note = week.partial ? `${range}, so far` : range;
  return `<tr${week.partial ? ' class="running"' : ''}><th scope="row">${week.week} <small>${escapeHtml(note)}</small></th>${cells(week.numbers)}</tr>`;
}

function cells(numbers: Numbers): string {
  return headlines.map(headline => cell(headline, saidHtml(headline.say(numbers)))).join('');
}

function servicesTable(report: WeeklyReport): string {
  const { services, weeks } = report;
  if (services.length === 0) {
    const about = report.service ?? report.team;
    const asked = about === null ? '' : ` of ${nameHtml(about)}`;
    return `<h2>Services</h2>\n<p>Nothing is known${asked} in ${nameHtml(report.environment)} in these weeks. Choose another environment or more weeks above.</p>`;
  }
  const last = weeks.findLast(week => !week.partial);
  const caption = `${last ? `The last full week (${last.week}) above` : 'No full week'}, all ${counted(weeks.length, 'week')} together below.`;
  return table(
    'services',
    'Services',
    caption,
    'Service',
    services.map(service => serviceRow(report, service)),
  );
}

function serviceRow(
  report: WeeklyReport,
  { service, team, openIncidents, lastWeek, overall }: ServiceReport,
): string {
  const notes = [
    team === '' ? '' : link(nameHtml(team), queryOf(report, { team, service: '' }), false),
    openIncidents > 0 ? counted(openIncidents, 'open incident') : '',
  ].filter(note => note !== '');
  const name = link(nameHtml(service), queryOf(report, { service, team: '' }), false);
  const columns = headlines.map(headline => {
    const above = lastWeek ? saidHtml(headline.say(lastWeek)) : nothing;
    return cell(headline, `${above}<span class="overall">${saidHtml(headline.say(overall))}</span>`);
  });
  const note = notes.length === 0 ? '' : ` <small>${notes.join(' · ')}</small>`;
  return `<tr><th scope="row">${name}${note}</th>${columns.join('')}</tr>`;
}

function table(name: string, title: string, caption: string, first: string, rows: readonly string[]): string {
  const heads = headlines.map(
    headline => `<th scope="col">${headline.title}<small>${headline.detail}</small></th>`,
  );
  return [
    `<h2>${title}</h2>`,
    `<table class="${name}"><caption>${caption}</caption>`,
    `<thead><tr><th scope="col">${first}</th>${heads.join('')}</tr></thead>`,
    `<tbody>\n${rows.join('\n')}\n</tbody></table>`,
  ].join('\n');
}

function cell({ title }: Headline, html: string): string {
  return `<td data-title="${escapeHtml(title)}">${html}</td>`;
}

function saidHtml({ value, sample }: Said): string {
  return `<span class="value">${value}</span> <small>(${sample})</small>`;
}

function definitions(): string {
  const items = headlines.map(({ title, about }) => `<dt>${title}</dt><dd>${about}</dd>`);
  return `<h2>What the numbers mean</h2>\n<dl>${items.join('\n')}</dl>`;
}

function footer(report: WeeklyReport): string {
  return [
    '<footer>',
    `<p>Weeks start on Monday, 00:00 ${escapeHtml(report.timezone)}. Everything is placed by the time at which it happened. ${nothing} means that there are no samples.</p>`,
    `<p><a href="${escapeHtml(`/api/v1/weekly${queryOf(report, { format: 'json' })}`)}">This report as JSON</a> · <a href="/metrics">Prometheus metrics</a></p>`,
    '</footer>',
  ].join('\n');
}

function choiceList(title: string, links: readonly string[]): string {
  return `<ul><li>${title}</li>${links.map(item => `<li>${item}</li>`).join('')}</ul>`;
}

function link(html: string, href: string, current: boolean): string {
  return `<a href="${escapeHtml(href)}"${current ? ' aria-current="true"' : ''}>${html}</a>`;
}

/** The query of this report with some of it changed; empty values are left out. */
function queryOf(report: WeeklyReport, changed: Readonly<Record<string, string>>): string {
  const query = {
    environment: report.environment,
    service: report.service ?? '',
    team: report.team ?? '',
    weeks: String(report.weeks.length),
    ...changed,
  };
  return `?${new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))}`;
}
