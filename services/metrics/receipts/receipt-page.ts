import { windows } from '../../../domain/metrics/definitions.ts';
import { reasonText } from '../../../domain/metrics/reasons.ts';
import type { Kind } from '../../../store/explain/kinds.ts';
import { escapeHtml, nameHtml } from '../web/html.ts';
import { type LinkQuery, receiptsLink, weeklyPageLink } from '../web/links.ts';
import type { Query } from '../web/query.ts';
import { days, duration } from '../web/words.ts';
import { changeHtml, changesHtml, eventsHtml, incidentHtml, pageHtml, timeHtml } from './parts.ts';
import type { CountedItem, ItemPage, LeftOutItem, Receipt } from './receipt.ts';
import { kindText, titleOf, valueText, wayText } from './words.ts';

/**
 * The page of a receipt, as HTML without scripts.
 * @param query that of this page, which its links keep
 */
export function receiptPage(receipt: Receipt, query: Query): string {
  const link: Link = changes => {
    const texts = Object.entries(query).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return receiptsLink({ ...Object.fromEntries(texts), cursor: null, ...changes });
  };
  return pageHtml(
    `${titleOf(receipt)}, receipts`,
    [
      header(receipt, link),
      '<main>',
      receipt.counted ? countedHtml(receipt, receipt.counted, link) : '',
      receipt.leftOut ? leftOutHtml(receipt, receipt.leftOut, link) : '',
      '</main>',
    ].join('\n'),
  );
}

/** The address of the page with some parameters changed. */
type Link = (changes: LinkQuery) => string;

function header(receipt: Receipt, link: Link): string {
  const { service, team, environment, help, metric, value } = receipt;
  const scope = service ?? (team === null ? 'All services' : `Team ${team}`);
  return [
    '<header>',
    `<p class="brand"><a href="${escapeHtml(weeklyPageLink({ service, team, environment }))}">Firstlight</a></p>`,
    `<h1>${escapeHtml(titleOf(receipt))}</h1>`,
    `<p class="quiet">${nameHtml(scope)} · ${nameHtml(environment)} · ${periodHtml(receipt)}</p>`,
    choices(receipt, link),
    `<p class="receipt-value" data-value="${value ?? ''}">${valueText(metric, value)}</p>`,
    `<p>${wayText(receipt)}</p>`,
    `<p class="quiet">${escapeHtml(help)}</p>`,
    '</header>',
  ].join('\n');
}

function periodHtml({ window, week, from, to, timezone }: Receipt): string {
  if (from === null) return `since the beginning, at ${timeHtml(to, timezone)}`;
  const range = escapeHtml(days(Date.parse(from), Date.parse(to), timezone));
  return week === null
    ? `${escapeHtml(window ?? '')} to ${timeHtml(to, timezone)}`
    : `${escapeHtml(week)} (${range}, ${escapeHtml(timezone)})`;
}

function choices({ window, way, from }: Receipt, link: Link): string {
  const lists: string[] = [];
  if (from !== null)
    lists.push(
      list(
        'Window',
        windows.map(days => [
          `${days} days`,
          link({ window: `${days}d`, week: null }),
          window === `${days}d`,
        ]),
      ),
    );
  if (isTimed(way))
    lists.push(
      list('Order', [
        ['newest first', link({ sort: null }), !link({}).includes('sort=value')],
        ['longest first', link({ sort: 'value' }), link({}).includes('sort=value')],
      ]),
    );
  return lists.length === 0 ? '' : `<nav aria-label="What is shown">${lists.join('')}</nav>`;
}

function list(title: string, items: readonly (readonly [string, string, boolean])[]): string {
  const links = items.map(
    ([text, href, current]) =>
      `<li><a href="${escapeHtml(href)}"${current ? ' aria-current="true"' : ''}>${text}</a></li>`,
  );
  return `<ul><li>${title}</li>${links.join('')}</ul>`;
}

const isTimed = (way: Receipt['way']) => way === 'quantile' || way === 'mean' || way === 'sum';

function countedHtml(receipt: Receipt, page: ItemPage<CountedItem>, link: Link): string {
  if (page.items.length === 0) return '<h2>Counted</h2>\n<p>Nothing in this period.</p>';
  const hasTimes = isTimed(receipt.way);
  const rows = page.items.map(item => {
    const side =
      item.part === 'samples'
        ? ''
        : `<small>${item.part === 'numerator' ? 'above the line' : 'below the line'}</small>`;
    return `<tr><td data-title="When">${timeHtml(item.at, receipt.timezone)}</td><td data-title="What">${whatHtml(item, receipt.timezone)} ${kindText[item.measure as Kind] ?? ''}${returnHtml(item)}${side}${eventsHtml(item.events, item.moreEvents)}</td>${whereHtml(receipt, item)}${hasTimes ? `<td class="number" data-title="Value">${duration(item.value)}</td>` : ''}</tr>`;
  });
  return table(
    'Counted',
    receipt,
    hasTimes ? ['When', 'What', 'Value'] : ['When', 'What'],
    rows,
    page.next,
    link,
  );
}

function leftOutHtml(receipt: Receipt, page: ItemPage<LeftOutItem>, link: Link): string {
  if (page.items.length === 0) return '<h2>Left out</h2>\n<p>Nothing of this period was left out.</p>';
  const rows = page.items.map(
    item =>
      `<tr><td data-title="When">${timeHtml(item.at, receipt.timezone)}</td><td data-title="What and why">${whatHtml(item, receipt.timezone)} ${reasonText(item.reason)}.${eventsHtml(item.events, item.moreEvents)}</td>${whereHtml(receipt, item)}</tr>`,
  );
  return table('Left out', receipt, ['When', 'What and why'], rows, page.next, link);
}

function table(
  title: string,
  receipt: Receipt,
  columns: readonly string[],
  rows: readonly string[],
  next: string | null,
  link: Link,
): string {
  const [when = '', what = '', ...rest] = columns;
  const all = [when, what, ...(receipt.service === null ? ['Service'] : []), ...rest];
  const heads = all
    .map(column => `<th scope="col" class="${column.split(' ')[0]?.toLowerCase()}">${column}</th>`)
    .join('');
  const more =
    next === null
      ? ''
      : `<p class="more"><a href="${escapeHtml(link({ cursor: next }))}" rel="next">Older ones</a></p>`;
  return `<h2>${title}</h2>\n<table class="receipt"><thead><tr>${heads}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>\n${
    receipt.way === 'count' || !link({}).includes('sort=value')
      ? more
      : more.replace('Older ones', 'Shorter ones')
  }`;
}

function whereHtml({ service }: Receipt, item: CountedItem | LeftOutItem): string {
  if (service !== null) return '';
  const team = item.team === '' ? '' : `<small>${nameHtml(item.team)}</small>`;
  return `<td data-title="Service">${nameHtml(item.service)}${team}</td>`;
}

function whatHtml(item: CountedItem | LeftOutItem, timezone: string): string {
  const { service } = item;
  if ('change' in item) return `Change ${changeHtml(service, item.change.name)}`;
  if ('incident' in item) return `Incident ${incidentHtml(item.incident, timezone)}:`;
  if ('outage' in item) {
    const incidents = item.outage.incidents.map(incident => `<li>${incidentHtml(incident, timezone)}</li>`);
    return `Outage from ${timeHtml(item.outage.from, timezone)}<ul>${incidents.join('')}</ul>`;
  }
  const { name, changes, artifacts } = item.rollout;
  const named = [
    changesHtml(service, changes),
    artifacts
      .slice(0, 3)
      .map(artifact => changeHtml(service, artifact))
      .join(', '),
  ].filter(text => text !== '');
  const carries = named.length === 0 ? '' : ` (${named.join('; ')})`;
  return `Rollout ${nameHtml(name)}${carries}`;
}

/** The return that rolled a rollout back, where no rollback event did. */
function returnHtml(item: CountedItem): string {
  if (!('rollout' in item) || item.rollout.returnedBy === null || item.at !== item.rollout.rolledBack)
    return '';
  return ` by the return ${nameHtml(item.rollout.returnedBy)}`;
}
