import type { Event } from '../../../domain/events/event.ts';
import { documentHtml, escapeHtml, nameHtml } from '../web/html.ts';
import { changeLink } from '../web/links.ts';
import { receiptStyle } from '../web/style.ts';
import { counted, timestampText } from '../web/words.ts';
import type { IncidentShown } from './subjects.ts';

/** A page of receipts, or of a story. */
export function pageHtml(title: string, body: string): string {
  return documentHtml(`${title} – Firstlight`, body, receiptStyle);
}

/** The name of a change as a link to its story. */
export function changeHtml(service: string, change: string): string {
  return `<a href="${escapeHtml(changeLink(service, change))}">${nameHtml(change)}</a>`;
}

/** The first few of a service's changes, and how many more there are. */
export function changesHtml(service: string, changes: readonly string[], max = 5): string {
  const shown = changes.slice(0, max).map(change => changeHtml(service, change));
  const rest = changes.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** A time in a zone, and the exact one for machines. @param time RFC 3339 in UTC; null: not known */
export function timeHtml(time: string | null, timezone: string, absent = 'not known'): string {
  if (time === null) return absent;
  return `<time datetime="${escapeHtml(time)}">${escapeHtml(timestampText(Date.parse(time), timezone))}</time>`;
}

/** An incident with its span and the rollouts that it is attributed to. */
export function incidentHtml(incident: IncidentShown, timezone: string): string {
  const { name, detected, resolved, open, blamed } = incident;
  const end = open ? 'open' : `to ${timeHtml(resolved, timezone)}`;
  const rollouts = blamed.map(
    ({ rollout, inferred }) => `${nameHtml(rollout)}${inferred ? ' (inferred: it was the newest)' : ''}`,
  );
  const attribution = rollouts.length === 0 ? 'blamed on no rollout' : `blamed on ${rollouts.join(', ')}`;
  return `${nameHtml(name)}, from ${timeHtml(detected, timezone)} ${end}, ${attribution}`;
}

/** Raw events, folded. @param more whether there are more of them */
export function eventsHtml(events: readonly Event[], more: boolean): string {
  if (events.length === 0) return '';
  const rows = events.map(event => `<li><code dir="auto">${escapeHtml(JSON.stringify(event))}</code></li>`);
  if (more) rows.push('<li>There are more; these are the first that came in.</li>');
  return `<details><summary>${counted(events.length, 'event')}</summary><ul class="events">${rows.join('')}</ul></details>`;
}
