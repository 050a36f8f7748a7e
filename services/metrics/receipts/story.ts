import { type Event, fullWeight } from '../../../domain/events/event.ts';
import { latest } from '../../../domain/events/time.ts';
import {
  type CarrierFound,
  findCarriers,
  findIncidentsOfRevision,
  findRevision,
  type RevisionFound,
} from '../../../store/explain/change-story.ts';
import {
  type EventSubject,
  keyOfSubject,
  readEvents,
  readFlagChanges,
} from '../../../store/explain/events.ts';
import { findIncidents, type IncidentFound, reading } from '../../../store/explain/subjects.ts';
import type { Store } from '../../../store/schema/tables.ts';
import {
  type IncidentShown,
  incidentShown,
  incidentSubject,
  mergeEvents,
  type RolloutShown,
  rolloutShown,
  rolloutSubject,
  timeOf,
} from './subjects.ts';

/** A rollout that carried the change; times are RFC 3339 in UTC. */
export type CarriedBy = RolloutShown & {
  readonly environment: string;
  /** `name`: it names the change; `merge`: the change was merged after the rollout's base and up to its head. */
  readonly by: 'name' | 'merge';
  /** Whether it is the first one in its environment that exposed the change; drills and returns do not count. */
  readonly first: boolean;
  /** Seconds from the merge to this exposure; null where it is not the first, or lies before the merge. */
  readonly leadTimeSeconds: number | null;
  /** Of a rollout that was rolled back: whether it had all traffic before; else null. */
  readonly containment: 'contained' | 'escaped' | null;
  readonly steps: readonly { readonly at: string; readonly weight: number }[];
  /** The incidents that are attributed to it. */
  readonly incidents: readonly IncidentShown[];
};

/** Everything that is known of one change. */
export interface ChangeStory {
  readonly service: string;
  readonly change: string;
  readonly created: string | null;
  readonly merged: string | null;
  readonly rework: boolean;
  /** Title, url, actor, ticket and risk are each from the newest event of the change that has the field. */
  readonly title: string | null;
  readonly url: string | null;
  readonly actor: string | null;
  readonly ticket: string | null;
  readonly risk: string | null;
  /** The artifacts that it became. */
  readonly artifacts: readonly string[];
  /** Where it is an artifact itself: the changes that became it. */
  readonly standsFor: readonly string[];
  /** In the order of their exposure; 100 at most. */
  readonly rollouts: readonly CarriedBy[];
  /** Incidents that name the change and are attributed to none of these rollouts. */
  readonly otherIncidents: readonly (IncidentShown & { readonly environment: string })[];
  /**
   * Changes of flags of the service, or of no service, from the creation of the change (or the first time that is known
   * of it) to the end of its last rollout, or now; the newest 100.
   */
  readonly flags: readonly Event[];
  /** Raw events of the change, of these rollouts and of these incidents, in the order of their timestamps. */
  readonly events: readonly Event[];
  readonly moreEvents: boolean;
}

const rolloutsMax = 100;
const incidentsMax = 100;
const flagsMax = 100;
const eventsMax = 200;

/**
 * @param now milliseconds since 1970
 * @returns null when no event of the service names the change
 */
export async function changeStory(
  db: Store,
  service: string,
  change: string,
  now: number,
): Promise<ChangeStory | null> {
  const found = await reading(db, async trx => {
    const revision = await findRevision(trx, service, change);
    if (!revision) return null;
    const carriers = await findCarriers(trx, revision.id, rolloutsMax);
    const ofRevision = await findIncidentsOfRevision(trx, revision.id, incidentsMax);
    const ids = new Set([...carriers.flatMap(carrier => carrier.incidents), ...ofRevision]);
    return { revision, carriers, incidents: await findIncidents(trx, [...ids]) };
  });
  if (!found) return null;
  const { revision, incidents } = found;
  const carriers = found.carriers.toSorted(
    (a, b) => (a.exposed ?? Infinity) - (b.exposed ?? Infinity) || (a.name < b.name ? -1 : 1),
  );
  const attributed = new Set(carriers.flatMap(carrier => carrier.incidents));
  const changeSubject: EventSubject = { about: 'change', service, environment: '', name: change };
  const subjects = [
    changeSubject,
    ...carriers.map(carrier => rolloutSubject(carrier, carrier.name)),
    ...incidents.map(incidentSubject),
  ];
  const events = await readEvents(db, subjects, eventsMax);
  const changeEvents = events.get(keyOfSubject(changeSubject))?.events ?? [];
  const all = mergeEvents(subjects, events);
  const newest = <F extends 'title' | 'url' | 'actor' | 'ticket' | 'risk'>(field: F) =>
    changeEvents.findLast(event => event[field] !== undefined)?.[field] ?? null;
  const { from, to } = spanOf(revision, carriers, all.events, now);
  return {
    service,
    change,
    created: timeOf(revision.created),
    merged: timeOf(revision.merged),
    rework: revision.rework,
    title: newest('title'),
    url: newest('url'),
    actor: newest('actor'),
    ticket: newest('ticket'),
    risk: newest('risk'),
    artifacts: revision.artifacts,
    standsFor: revision.standsFor,
    rollouts: carriers.map(carrier => carriedBy(carrier, carriers, revision, incidents)),
    otherIncidents: incidents
      .filter(incident => !attributed.has(incident.id))
      .map(incident => ({ ...incidentShown(incident), environment: incident.environment })),
    flags: await readFlagChanges(db, service, from, to, flagsMax),
    ...all,
  };
}

function carriedBy(
  carrier: CarrierFound,
  all: readonly CarrierFound[],
  revision: RevisionFound,
  incidents: readonly IncidentFound[],
): CarriedBy {
  const first = all.find(other => other.environment === carrier.environment && counts(other));
  const isFirst = first === carrier;
  const { exposed, full } = carrier;
  const ended = endOf(carrier);
  const lead = isFirst && revision.merged !== null && exposed !== null ? exposed - revision.merged : null;
  return {
    ...rolloutShown(carrier),
    environment: carrier.environment,
    by: carrier.named ? 'name' : 'merge',
    first: isFirst,
    leadTimeSeconds: lead !== null && lead >= 0 ? lead / 1000 : null,
    containment:
      ended === null || !counts(carrier) ? null : full !== null && full < ended ? 'escaped' : 'contained',
    steps: carrier.steps.map(({ at, weight }) => ({ at: timeOf(at) ?? '', weight })),
    incidents: incidents.filter(incident => carrier.incidents.includes(incident.id)).map(incidentShown),
  };
}

const counts = ({ exposed, drill, isReturn }: CarrierFound) => exposed !== null && !drill && !isReturn;

/** When the rollout was rolled back, by an event of its own or by a return; null: it was not. */
function endOf({ rolledBack, returned }: CarrierFound): number | null {
  return rolledBack === null || returned === null ? (rolledBack ?? returned) : Math.min(rolledBack, returned);
}

/** From the first time that is known of the change to the end of its last rollout; to now while one is under way. */
function spanOf(
  revision: RevisionFound,
  carriers: readonly CarrierFound[],
  events: readonly Event[],
  now: number,
) {
  const known = [revision.created, revision.merged, ...carriers.map(carrier => carrier.exposed)].filter(
    at => at !== null,
  );
  const timestamps = known.length > 0 ? known : events.map(event => Date.parse(event.time));
  const from = revision.created ?? Math.min(now, ...timestamps);
  const ends = carriers.map(carrier => {
    const last = carrier.steps.at(-1);
    const isDone = endOf(carrier) !== null || last?.weight === fullWeight;
    return isDone ? latest(endOf(carrier), last?.at ?? null) : now;
  });
  const to = ends.length === 0 ? now : Math.max(...ends.map(end => end ?? now));
  return { from, to };
}
