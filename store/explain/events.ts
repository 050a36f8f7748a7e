import { timestampOf } from '../../domain/delivery/facts.ts';
import { defaultEnvironment, type Event, type EventType } from '../../domain/events/event.ts';
import { subjectHashOf, subjectNameOf } from '../schema/subject-hash.ts';
import type { Store } from '../schema/tables.ts';
import { statement } from '../sql/statement.ts';

/** A change, a rollout or an incident whose raw events are read. */
export interface EventSubject {
  readonly about: 'change' | 'rollout' | 'incident';
  readonly service: string;
  /** Of a rollout or an incident; a change has none. */
  readonly environment: string;
  readonly name: string;
}

/** Raw events of one subject in the order of time. */
export interface SubjectEvents {
  readonly events: readonly Event[];
  /** There are more events than these. */
  readonly more: boolean;
}

const typesOf: Readonly<Record<EventSubject['about'], readonly EventType[]>> = {
  change: ['change_created', 'change_merged'],
  rollout: ['change_exposed', 'change_rolled_back'],
  incident: ['incident_detected', 'incident_resolved'],
};

export const keyOfSubject = ({ about, service, environment, name }: EventSubject): string =>
  [about, service, about === 'change' ? '' : environment, name].join('\0');

const subjectOfEvent = (event: Event): string =>
  keyOfSubject({
    about: event.type.startsWith('incident')
      ? 'incident'
      : typesOf.change.includes(event.type)
        ? 'change'
        : 'rollout',
    service: event.service ?? '',
    environment: ('environment' in event ? event.environment : undefined) ?? defaultEnvironment,
    name: subjectNameOf(event),
  });

/** Hashes of subjects in one statement. */
const subjectsMax = 50;

/**
 * The raw events of these subjects, by {@link keyOfSubject}.
 * @param eventsMax events read per name: thousands of rollouts may share one
 */
export async function readEvents(
  db: Store,
  subjects: readonly EventSubject[],
  eventsMax: number,
): Promise<Map<string, SubjectEvents>> {
  const wanted = new Map(subjects.map(subject => [keyOfSubject(subject), subject]));
  const hashes = [...new Set([...wanted.values()].map(({ service, name }) => subjectHashOf(service, name)))];
  const found = new Map<string, Event[]>([...wanted.keys()].map(key => [key, []]));
  const truncated = new Set<number>();
  for (let first = 0; first < hashes.length; first += subjectsMax) {
    const rows = await statement<{ subjectHash: number; body: Event }>('events.of-subjects')`
      select own.hash as "subjectHash", event.body
      from unnest(${hashes.slice(first, first + subjectsMax)}::integer[]) as own(hash)
      cross join lateral (
        select body from event where event.subject_hash = own.hash limit ${eventsMax + 1}
      ) as event`.execute(db);
    for (const [subjectHash, own] of Map.groupBy(rows.rows, row => row.subjectHash)) {
      if (own.length > eventsMax) truncated.add(subjectHash);
      for (const { body } of own.slice(0, eventsMax)) found.get(subjectOfEvent(body))?.push(body);
    }
  }
  for (const body of await unhashed(db)) found.get(subjectOfEvent(body))?.push(body);
  return new Map(
    [...wanted].map(([key, { service, name }]) => [
      key,
      { events: inOrder(found.get(key) ?? []), more: truncated.has(subjectHashOf(service, name)) },
    ]),
  );
}

/** The few events that a process of an earlier version stored during an upgrade, without a subject hash. */
async function unhashed(db: Store): Promise<Event[]> {
  const rows = await statement<{ body: Event }>('events.without-subject')`
    select body from event where subject_hash is null order by subject_hash limit 1000`.execute(db);
  return rows.rows.map(row => row.body);
}

/** Flag changes that name this service or none, from `from` to `to` (both included, milliseconds since 1970), the newest first. */
export async function readFlagChanges(
  db: Store,
  service: string,
  from: number,
  to: number,
  limit: number,
): Promise<Event[]> {
  const rows = await statement<{ body: Event }>('flag-changes.of-service')`
    select body from event
    where flag_at is not null and flag_at >= ${from}::bigint and flag_at <= ${to}::bigint
      and coalesce(body->>'service', ${service}) = ${service}
    order by flag_at desc, seq desc limit ${limit}`.execute(db);
  const late = (await unhashed(db)).filter(
    event =>
      event.type === 'flag_changed' &&
      (event.service ?? service) === service &&
      timestampOf(event) >= from &&
      timestampOf(event) <= to,
  );
  return inOrder([...rows.rows.map(row => row.body), ...late])
    .reverse()
    .slice(0, limit);
}

const inOrder = (events: readonly Event[]): Event[] =>
  events.toSorted((a, b) => timestampOf(a) - timestampOf(b) || (a.id < b.id ? -1 : 1));
