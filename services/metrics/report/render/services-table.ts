import { compareBytes } from '../../../../domain/events/byte-order.ts';
import { escapeHtml, nameHtml } from '../../web/html.ts';
import { counted, dash } from '../../web/words.ts';
import { verdictHtml } from '../charts/tiles.ts';
import { type Metric, metrics } from '../headline.ts';
import type { Numbers } from '../numbers.ts';
import type { ServiceReport, WeeklyReport } from '../report.ts';
import { type Trend, trendSize } from '../trend.ts';
import { weekReceiptsLink } from './links.ts';
import { cellParts, cellText } from './rows.ts';
import { valueText } from './trend-words.ts';
import { hrefOf, plainView, stateOf, type View } from './view.ts';

/** The most services on one page of the table. */
export const rowsMax = 50;

/** The table of services, with links to sort it and a form to filter it. */
export function servicesTable(report: WeeklyReport, view: View): string {
  const found = inOrder(report.services.filter(matching(view.search)), view);
  const pages = Math.max(1, Math.ceil(found.length / rowsMax));
  const page = Math.min(view.page, pages);
  const rows = found.slice((page - 1) * rowsMax, page * rowsMax);
  return [
    '<section aria-labelledby="services"><h2 id="services">Services</h2>',
    searchForm(report, view),
    rows.length === 0
      ? `<p>No service${view.search === '' ? '' : ` or team has ${nameHtml(view.search)} in its name`}.</p>`
      : table(report, view, rows, found.length),
    pages > 1 ? pager(report, view, page, pages) : '',
    '</section>',
  ].join('\n');
}

function matching(search: string): (service: ServiceReport) => boolean {
  const wanted = search.toLowerCase();
  return ({ service, team }) => service.toLowerCase().includes(wanted) || team.toLowerCase().includes(wanted);
}

/** The services as the view sorts them; equal ones by name. */
function inOrder(services: readonly ServiceReport[], { sort, reversed }: View): ServiceReport[] {
  const keys = new Map(services.map(service => [service, keyOf(service, sort)]));
  const key = (service: ServiceReport) => keys.get(service) ?? null;
  const turn = reversed ? -1 : 1;
  return services.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return turn * (right - left) || turn * compareBytes(a.service, b.service);
  });
}

/** Services with a larger key come first; null: at the end, in both directions. */
function keyOf({ movements, openIncidents, lastWeek }: ServiceReport, sort: string): number | null {
  if (sort === 'name') return 0;
  if (sort === 'movers')
    return (
      Math.max(...metrics.map((metric, i) => worsening(metric, movements[i])), 0) +
      (openIncidents > 0 ? 1e9 : 0)
    );
  const metric = metrics.find(({ name }) => name === sort);
  const value = metric && lastWeek && metric.samples(lastWeek) > 0 ? metric.value(lastWeek) : null;
  return value !== null && metric?.better === 'higher' ? -value : value;
}

/** How much worse a metric got; a trend beyond doubt is always larger than one in doubt. */
function worsening(metric: Metric, trend: Trend | undefined): number {
  if (trend?.verdict !== 'worse') return 0;
  const size = Math.min(trendSize(metric, trend), 1e5);
  return trend.doubt === null ? 1e5 + size : size / 1e6;
}

function searchForm(report: WeeklyReport, view: View): string {
  const kept = Object.entries({ ...stateOf(report, view), q: '', page: '' })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`);
  const reset =
    view.search === ''
      ? ''
      : ` <a href="${escapeHtml(hrefOf(stateOf(report, view), { q: '', page: '' }))}#services">Show all</a>`;
  return [
    '<form class="search" action="/#services" method="get" role="search">',
    ...kept,
    `<label>Service or team <input type="search" name="q" value="${escapeHtml(view.search)}" maxlength="200" dir="auto"></label>`,
    `<button>Filter</button>${reset}`,
    '</form>',
  ].join('');
}

function table(report: WeeklyReport, view: View, rows: readonly ServiceReport[], total: number): string {
  const last = report.weeks.findLast(week => !week.partial);
  const shown = total > rows.length ? `${rows.length} of ${total} services` : counted(total, 'service');
  const order = view.sort === 'movers' && !view.reversed ? ', the worst movers first' : '';
  const caption = `${shown}${order}. ${last ? `The last full week (${last.week}); below it what is usual, or where nothing happened in it all ${counted(report.weeks.length, 'week')}.` : 'No full week is over yet.'}`;
  const heads = [
    head('Service', 'name', report, view),
    ...metrics.map(metric => head(metric.title, metric.name, report, view)),
  ];
  return [
    `<table class="services"><caption>${caption}</caption>`,
    `<thead><tr>${heads.join('')}</tr></thead>`,
    `<tbody>\n${rows.map(row => serviceRow(report, row, last?.week)).join('\n')}\n</tbody></table>`,
  ].join('\n');
}

function head(title: string, sort: string, report: WeeklyReport, view: View): string {
  const isSorted = view.sort === sort;
  const next = isSorted && !view.reversed ? `-${sort}` : sort;
  const href = hrefOf(stateOf(report, view), { sort: next, page: '' });
  const isRising = sort === 'name' || metrics.find(({ name }) => name === sort)?.better === 'higher';
  const direction = isRising !== view.reversed ? 'ascending' : 'descending';
  const aria = isSorted ? ` aria-sort="${direction}"` : '';
  const arrow = isSorted ? `<span aria-hidden="true"> ${direction === 'ascending' ? '↑' : '↓'}</span>` : '';
  return `<th scope="col"${aria}><a href="${escapeHtml(href)}#services">${title}${arrow}</a></th>`;
}

function serviceRow(
  report: WeeklyReport,
  { service, team, openIncidents, lastWeek, movements, overall }: ServiceReport,
  week: string | undefined,
): string {
  const state = stateOf(report, plainView);
  const link = (name: string, changed: Record<string, string>) =>
    `<a href="${escapeHtml(hrefOf(state, changed))}">${nameHtml(name)}</a>`;
  const notes = [
    team === '' ? '' : link(team, { team, service: '' }),
    openIncidents > 0 ? `<strong class="worse">${counted(openIncidents, 'open incident')}</strong>` : '',
  ].filter(note => note !== '');
  const cells = metrics.map((metric, i) => {
    const trend = movements[i];
    const isQuiet = !lastWeek || metric.samples(lastWeek) === 0;
    if (isQuiet) {
      const all =
        metric.samples(overall) === 0
          ? ''
          : `<small>all weeks ${escapeHtml(cellText(metric, overall))}</small>`;
      return `<td class="none" data-title="${metric.title}"><span class="value">${dash}</span>${all}</td>`;
    }
    const href = week === undefined ? null : weekReceiptsLink(report, metric.name, week, service);
    const usual =
      trend?.usual == null ? '' : `<small>usually ${escapeHtml(valueText(metric, trend.usual))}</small>`;
    const verdict =
      trend && trend.verdict !== 'same' && trend.doubt === null ? verdictHtml(metric, trend) : '';
    return `<td data-title="${metric.title}">${valueCell(metric, lastWeek, href)}${usual}${verdict}</td>`;
  });
  const note = notes.length === 0 ? '' : `<small>${notes.join(' · ')}</small>`;
  return `<tr><th scope="row">${link(service, { service, team: '' })}${note}</th>${cells.join('')}</tr>`;
}

/** A number with its samples, as a link to its receipts. */
export function valueCell(metric: Metric, numbers: Numbers, href: string | null): string {
  const { value, samples } = cellParts(metric, numbers);
  const valueHtml = escapeHtml(value);
  const html = href === null ? valueHtml : `<a href="${escapeHtml(href)}">${valueHtml}</a>`;
  return `<span class="value">${html}</span>${samples === '' ? '' : ` <small>${escapeHtml(samples)}</small>`}`;
}

function pager(report: WeeklyReport, view: View, page: number, pages: number): string {
  const to = (number: number) =>
    escapeHtml(hrefOf(stateOf(report, view), { page: number === 1 ? '' : String(number) }));
  const links = [
    page > 1 ? `<a href="${to(page - 1)}#services" rel="prev">Previous</a>` : '',
    `<span>Page ${page} of ${pages}</span>`,
    page < pages ? `<a href="${to(page + 1)}#services" rel="next">Next</a>` : '',
  ];
  return `<nav class="pager" aria-label="Pages of the services">${links.join(' ')}</nav>`;
}
