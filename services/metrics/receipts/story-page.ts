import type { Event } from '../../../domain/events/event.ts';
import { escapeHtml, nameHtml } from '../web/html.ts';
import { weeklyPageLink } from '../web/links.ts';
import { duration } from '../web/words.ts';
import { changesHtml, eventsHtml, incidentHtml, pageHtml, timeHtml } from './parts.ts';
import type { CarriedBy, ChangeStory } from './story.ts';

/** The page of a change's story, as HTML without scripts. */
export function storyPage(story: ChangeStory, timezone: string): string {
  const { service, change, title, rollouts, otherIncidents, flags } = story;
  return pageHtml(
    `${change} of ${service}`,
    [
      '<header>',
      `<p class="brand"><a href="${escapeHtml(weeklyPageLink({ service }))}">Firstlight</a></p>`,
      `<h1>${nameHtml(title ?? change)}</h1>`,
      `<p class="quiet">${title === null ? '' : `${nameHtml(change)} · `}${nameHtml(service)} · times in ${escapeHtml(timezone)}</p>`,
      linkHtml(story.url),
      '</header>',
      '<main>',
      facts(story, timezone),
      '<h2>Rollouts</h2>',
      rollouts.length === 0
        ? '<p>No rollout has carried it yet.</p>'
        : rollouts.map(rollout => rolloutHtml(rollout, timezone)).join('\n'),
      otherIncidents.length === 0 ? '' : '<h2>Incidents that name it</h2>',
      ...otherIncidents.map(
        incident => `<p>${incidentHtml(incident, timezone)} (${nameHtml(incident.environment)})</p>`,
      ),
      '<h2>Flags changed meanwhile</h2>',
      flags.length === 0 ? '<p>None.</p>' : flagsHtml(flags, timezone),
      '<h2>Events</h2>',
      `<div class="story">${eventsHtml(story.events, story.moreEvents)}</div>`,
      '</main>',
    ].join('\n'),
  );
}

function facts(story: ChangeStory, timezone: string): string {
  const { service, created, merged, rework, actor, ticket, risk, artifacts, standsFor } = story;
  const rows: [string, string][] = [
    ['Created', timeHtml(created, timezone)],
    ['Merged', timeHtml(merged, timezone)],
  ];
  if (rework) rows.push(['Rework', 'made to repair a failure']);
  if (actor !== null) rows.push(['By', nameHtml(actor)]);
  if (ticket !== null) rows.push(['Ticket', nameHtml(ticket)]);
  if (risk !== null) rows.push(['Risk', nameHtml(risk)]);
  if (artifacts.length > 0) rows.push(['Became', artifacts.map(nameHtml).join(', ')]);
  if (standsFor.length > 0) rows.push(['Stands for', changesHtml(service, standsFor, 50)]);
  return `<dl>${rows.map(([term, html]) => `<dt>${term}</dt><dd>${html}</dd>`).join('')}</dl>`;
}

/** A link to an address from an event; '' for one that is not HTTP, such as `javascript:`. */
function linkHtml(url: string | null): string {
  if (url === null || !/^https?:\/\//i.test(url)) return '';
  return `<p><a href="${escapeHtml(url)}" rel="noreferrer noopener">${escapeHtml(url)}</a></p>`;
}

function rolloutHtml(rollout: CarriedBy, timezone: string): string {
  const {
    name,
    environment,
    by,
    first,
    leadTimeSeconds,
    steps,
    rolledBack,
    returnedBy,
    containment,
    incidents,
  } = rollout;
  const notes = [
    by === 'name' ? 'names it' : 'carries it: it was merged since what was exposed before',
    first ? 'its first exposure here' : '',
    rollout.drill ? 'a drill, counted nowhere' : '',
    rollout.return ? 'an older version coming back, counted nowhere' : '',
    leadTimeSeconds === null ? '' : `lead time ${duration(leadTimeSeconds)}`,
  ].filter(note => note !== '');
  const end =
    rolledBack === null
      ? ''
      : `<li>${timeHtml(rolledBack, timezone)}: rolled back${containment === null ? '' : `, ${containment}`}${returnedBy === null ? '' : ` by the return ${nameHtml(returnedBy)}`}</li>`;
  return [
    '<section class="story">',
    `<h3>${nameHtml(name)} <small>${nameHtml(environment)}</small></h3>`,
    `<p class="quiet">${notes.join(' · ')}</p>`,
    '<ul>',
    ...steps.map(({ at, weight }) => `<li>${timeHtml(at, timezone)}: ${weight} % of traffic</li>`),
    end,
    '</ul>',
    incidents.length === 0
      ? ''
      : `<p>Incidents:</p><ul>${incidents.map(incident => `<li>${incidentHtml(incident, timezone)}</li>`).join('')}</ul>`,
    '</section>',
  ].join('\n');
}

function flagsHtml(flags: readonly Event[], timezone: string): string {
  const rows = flags.map(event => {
    const { flag = '', variant }: { flag?: string; variant?: string } =
      event.type === 'flag_changed' ? event : {};
    const now = variant === undefined ? '' : `: ${nameHtml(variant)}`;
    const by = event.actor === undefined ? '' : `, by ${nameHtml(event.actor)}`;
    return `<li>${timeHtml(event.time, timezone)}: ${nameHtml(flag)}${now}${by}${event.service === undefined ? ' (of no service)' : ''}</li>`;
  });
  return `<ul>${rows.join('')}</ul>`;
}
