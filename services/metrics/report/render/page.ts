import { documentHtml, escapeHtml, nameHtml } from '../../web/html.ts';
import { counted, dash, timestampText } from '../../web/words.ts';
import { benchmarkYear } from '../charts/benchmarks.ts';
import { type Charts, drawCharts } from '../charts/charts.ts';
import { type Insights, insightsOf } from '../insights.ts';
import type { WeeklyReport } from '../report.ts';
import { definitionsList } from './definitions-list.ts';
import { highlightLink } from './links.ts';
import { servicesTable } from './services-table.ts';
import { hrefOf, plainView, stateOf, type View } from './view.ts';
import { weeksTable } from './weeks-table.ts';

const weekChoices = [12, 26, 53];

/** The parts of the page beside the report. */
export interface PageParts {
  readonly view: View;
  /** The section of the canary scorecard; '': none. */
  readonly scorecardHtml: string;
  /** Absent: they are drawn here. */
  readonly charts: Charts;
}

/** The weekly page: the report as HTML. */
export function weeklyPage(
  report: WeeklyReport,
  { view = plainView, scorecardHtml = '', charts }: Partial<PageParts> = {},
): string {
  const insights = insightsOf(report);
  const hasAnything = report.services.length > 0;
  const drawn = hasAnything ? (charts ?? drawCharts(report, insights)) : null;
  return documentHtml(
    `${titleOf(report)}, ${report.environment} – Firstlight`,
    [
      header(report, view),
      '<main>',
      olderOnly(report),
      hasAnything ? inWords(report, insights) : nothingKnown(report),
      ...(drawn
        ? [
            `<section aria-labelledby="numbers"><h2 id="numbers">${counted(report.weeks.length, 'week')}</h2>${key()}${drawn.tilesHtml}</section>`,
            drawn.containedHtml,
            scorecardHtml,
            report.service === null ? servicesTable(report, view) : '',
            weeksTable(report),
          ]
        : []),
      definitionsList(),
      '</main>',
      footer(report),
    ].join('\n'),
  );
}

function titleOf({ service, team }: WeeklyReport): string {
  return service ?? (team === null ? 'All services' : `Team ${team}`);
}

function header(report: WeeklyReport, view: View): string {
  const { environment, weeks } = report;
  const over = weeks.length === 1 ? 'this week' : `${weeks.length} weeks`;
  return [
    '<header>',
    '<p class="brand"><a href="/">Firstlight</a></p>',
    `<h1>${nameHtml(titleOf(report))}</h1>`,
    `<p class="quiet">${nameHtml(environment)} · ${over} to ${escapeHtml(timestampText(Date.parse(report.made), report.timezone))} (${escapeHtml(report.timezone)})</p>`,
    navigation(report, view),
    '</header>',
  ].join('\n');
}

function navigation(report: WeeklyReport, view: View): string {
  const { environment, environments, team, teams, service, weeks } = report;
  const state = stateOf(report, view);
  const narrowed = service !== null || team !== null;
  const weekLinks = weekChoices.map(count =>
    link(String(count), hrefOf(state, { weeks: String(count) }), count === weeks.length),
  );
  const chosen = [...new Set([environment, ...environments])].sort();
  const knownTeams = [...new Set([...teams, ...(team === null ? [] : [team])])];
  const kept = Object.entries({ weeks: state['weeks'] ?? '', sort: state['sort'] ?? '' })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`);
  const form = [
    knownTeams.length > 0 ? select('Team', 'team', ['', ...knownTeams], team ?? '') : '',
    chosen.length > 1 ? select('Environment', 'environment', chosen, environment) : '',
  ].join('');
  return [
    '<nav aria-label="What is shown">',
    narrowed
      ? `<p>${link('All services', hrefOf(state, { service: '', team: '', page: '', q: '' }), false)}</p>`
      : '',
    `<ul><li>Weeks</li>${weekLinks.map(item => `<li>${item}</li>`).join('')}</ul>`,
    form === '' ? '' : `<form action="/" method="get">${kept.join('')}${form}<button>Show</button></form>`,
    '</nav>',
  ].join('\n');
}

function select(label: string, name: string, values: readonly string[], current: string): string {
  const options = values.map(
    value =>
      `<option value="${escapeHtml(value)}"${value === current ? ' selected' : ''}>${value === '' ? 'all' : escapeHtml(value)}</option>`,
  );
  return `<label>${label} <select name="${name}">${options.join('')}</select></label>`;
}

/** After the import of an old repository, says that its rollouts are in the store, though not in these weeks. */
function olderOnly({ services, rolloutsTotal, weeks }: WeeklyReport): string {
  if (services.length > 0 || rolloutsTotal === 0) return '';
  const longest = Math.max(...weekChoices);
  const farther = weeks.length < longest ? `; look back up to ${longest} weeks above` : '';
  return `<p>Nothing happened in these weeks. The record holds ${counted(rolloutsTotal, 'rollout')} from before${farther}.</p>`;
}

function nothingKnown(report: WeeklyReport): string {
  const asked = report.service ?? report.team;
  const of = asked === null ? '' : ` of ${nameHtml(asked)}`;
  return `<p>Nothing is known${of} in ${nameHtml(report.environment)} in these weeks. Choose another environment or more weeks above.</p>`;
}

function inWords(report: WeeklyReport, insights: Insights): string {
  const title = insights.days === null ? 'This week' : `The last full week, ${insights.days}`;
  const items = insights.lookAt.map(item => {
    const href = highlightLink(report, item, insights.week, '');
    const team = item.team === '' ? '' : ` <small>${nameHtml(item.team)}</small>`;
    const name = item.service === null ? nameHtml(titleOf(report)) : nameHtml(item.service);
    return `<li class="${item.tone}"><a href="${escapeHtml(href)}">${name}</a>${team} ${escapeHtml(item.text)}</li>`;
  });
  const list = items.length === 0 ? '' : `<ul class="look-at" aria-label="To look at">${items.join('')}</ul>`;
  return `<section class="words" aria-labelledby="words"><h2 id="words">${title}</h2><p class="summary">${escapeHtml(insights.summary)}</p>${list}</section>`;
}

function key(): string {
  const signs = [
    ['<i class="line"></i>', 'a week, hollow while it runs'],
    ['<i class="dash"></i>', 'usual: the median of the four weeks before the last full one'],
    ['<i class="shade"></i>', '95\u00a0% interval'],
    ['<i class="bands"></i>', `the answers of DORA’s survey, ${benchmarkYear}`],
    ['<i>◆</i>', 'flag changes'],
    ['<i>●</i>', 'outages'],
    ['<i>▲</i>', 'big rollouts: the more, the larger'],
  ];
  const items = signs.map(
    ([sign = '', text]) => `<li>${sign.replace('<i', '<i aria-hidden="true"')}${text}</li>`,
  );
  return `<ul class="key" aria-label="Signs">${items.join('')}</ul>`;
}

function footer(report: WeeklyReport): string {
  const query = (format: string) => escapeHtml(hrefOf(stateOf(report, plainView), { format }));
  const formats = [
    ['json', 'JSON'],
    ['csv', 'CSV'],
    ['md', 'Markdown'],
    ['html', 'a page to mail'],
  ].map(([format = '', name]) => `<a href="/api/v1/weekly${query(format)}">${name}</a>`);
  return [
    '<footer>',
    `<p>Weeks start on Monday, 00:00 ${escapeHtml(report.timezone)}. Everything is placed by the time at which it happened. ${dash} means that there are no samples.</p>`,
    `<p>This report as ${formats.join(', ')} · <a href="/metrics">Prometheus metrics</a></p>`,
    '</footer>',
  ].join('\n');
}

function link(html: string, href: string, current: boolean): string {
  return `<a href="${escapeHtml(href)}"${current ? ' aria-current="true"' : ''}>${html}</a>`;
}
