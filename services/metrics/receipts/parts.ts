import type { Event } from '../../../domain/events/event.ts';
import { documentHtml, escapeHtml, nameHtml } from '../web/html.ts';
import { changeLink } from '../web/links.ts';
import { counted, timestampText } from '../web/words.ts';
import { receiptStyle } from './style.ts';
import type { IncidentShown } from './subjects.ts';

/** A page of this folder. */
export function pageHtml(title: string, body: string): string {
  return documentHtml(`${title} – Firstlight`, body, receiptStyle);
}

/** A change, leading to its story. */
export function changeHtml(service: string, change: string): string {
  return `<a href="${escapeHtml(changeLink(service, change))}">${nameHtml(change)}</a>`;
}

/** Changes of a service, the first few of them. */
export function changesHtml(service: string, changes: readonly string[], max = 5): string {
  const shown = changes.slice(0, max).map(change => changeHtml(service, change));
  const rest = changes.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** A moment in a zone, with the exact one for machines. */
export function timeHtml(time: string | null, timezone: string, absent = 'not known'): string {
  if (time === null) return absent;
  return `<time datetime="${escapeHtml(time)}">${escapeHtml(timestampText(Date.parse(time), timezone))}</time>`;
}

/** An incident with its span and whom it is blamed on. */
export function incidentHtml(incident: IncidentShown, timezone: string): string {
  const { name, detected, resolved, open, blamed } = incident;
  const end = open ? 'open' : `to ${timeHtml(resolved, timezone)}`;
  const whom = blamed.map(
    ({ rollout, inferred }) => `${nameHtml(rollout)}${inferred ? ' (inferred: it was the newest)' : ''}`,
  );
  const blame = whom.length === 0 ? 'blamed on no rollout' : `blamed on ${whom.join(', ')}`;
  return `${nameHtml(name)}, from ${timeHtml(detected, timezone)} ${end}, ${blame}`;
}

/** Raw events, folded away. */
export function eventsHtml(events: readonly Event[], more: boolean): string {
  if (events.length === 0) return '';
  const rows = events.map(event => `<li><code dir="auto">${escapeHtml(JSON.stringify(event))}</code></li>`);
  if (more) rows.push('<li>There are more; these are the first that came in.</li>');
  return `<details><summary>${counted(events.length, 'event')}</summary><ul class="events">${rows.join('')}</ul></details>`;
}
