import type { Event } from '../../../domain/events/event.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { must } from '../../../domain/must.ts';
import {
  type EventSubject,
  keyOfSubject,
  readEvents,
  type SubjectEvents,
} from '../../../store/explain/events.ts';
import { subjectOf } from '../../../store/explain/kinds.ts';
import type { ReceiptRow } from '../../../store/explain/receipts.ts';
import {
  type AttributedRollout,
  type ChangeFound,
  findChanges,
  findIncidents,
  findOutageIncidents,
  findRollouts,
  type IncidentFound,
  type RolloutFound,
  reading,
} from '../../../store/explain/subjects.ts';
import type { Store } from '../../../store/schema/tables.ts';

/** Times are RFC 3339 in UTC; null where no event says. */
export interface RolloutShown {
  readonly name: string;
  readonly exposed: string | null;
  readonly full: string | null;
  /** By a rollback, or by an older version coming back, whichever was first. */
  readonly rolledBack: string | null;
  /** The older version that rolled it back by returning. */
  readonly returnedBy: string | null;
  readonly drill: boolean;
  /** Whether it is a return itself. */
  readonly return: boolean;
  /** The changes and artifacts that its exposures name; 50 at most of each. */
  readonly changes: readonly string[];
  readonly artifacts: readonly string[];
}

export interface ChangeShown {
  readonly name: string;
  readonly created: string | null;
  readonly merged: string | null;
  /** The rollout that exposed it first. */
  readonly rollout: string | null;
  readonly exposed: string | null;
  readonly full: string | null;
}

export interface IncidentShown {
  readonly name: string;
  readonly detected: string | null;
  /** null while it is open. */
  readonly resolved: string | null;
  readonly open: boolean;
  readonly blamed: readonly AttributedRollout[];
}

/** The subject of an item of a receipt. */
export type SubjectShown =
  | { readonly rollout: RolloutShown }
  | { readonly change: ChangeShown }
  | {
      readonly outage: {
        readonly from: string;
        readonly to: string;
        readonly incidents: readonly IncidentShown[];
      };
    }
  | { readonly incident: IncidentShown };

export type Subject = SubjectShown & {
  /** The raw events of the subject, in the order of their times. */
  readonly events: readonly Event[];
  /** Whether there are more of them than are shown. */
  readonly moreEvents: boolean;
};

/** The most raw events that are shown per name. */
const eventsMax = 100;

/** The subject of each row, with its raw events; rows whose subject was deleted in the meantime are left out. */
export async function readSubjects(
  db: Store,
  rows: readonly ReceiptRow[],
): Promise<Map<ReceiptRow, Subject>> {
  const ids = (kind: ReturnType<typeof subjectOf>) =>
    rows.filter(row => subjectOf(row.kind) === kind).map(row => row.subject);
  const found = await reading(db, async trx => ({
    rollouts: await findRollouts(trx, [...new Set(ids('rollout'))]),
    changes: await findChanges(trx, distinctChanges(rows)),
    incidents: await findIncidents(trx, ids('incident')),
    members: await findOutageIncidents(trx, ids('outage')),
  }));
  const finder = finderOf(found);
  const drafts = rows.flatMap((row): Draft[] => {
    const drafted = finder(row);
    return drafted ? [{ row, ...drafted }] : [];
  });
  const events = await readEvents(
    db,
    drafts.flatMap(draft => draft.subjects),
    eventsMax,
  );
  return new Map(
    drafts.map(({ row, shown, subjects }) => [row, { ...shown, ...mergeEvents(subjects, events) }]),
  );
}

interface Draft {
  readonly row: ReceiptRow;
  readonly shown: SubjectShown;
  /** The subjects whose raw events belong to the item. */
  readonly subjects: readonly EventSubject[];
}
type Drafted = Omit<Draft, 'row'>;

function finderOf(found: {
  readonly rollouts: readonly RolloutFound[];
  readonly changes: readonly ChangeFound[];
  readonly incidents: readonly IncidentFound[];
  readonly members: readonly IncidentFound[];
}): (row: ReceiptRow) => Drafted | null {
  const rollouts = new Map(found.rollouts.map(rollout => [rollout.id, rollout]));
  const changes = new Map(found.changes.map(change => [`${change.stream} ${change.id}`, change]));
  const incidents = new Map(found.incidents.map(incident => [incident.id, incident]));
  const members = Map.groupBy(found.members, incident =>
    must(incident.outage, 'outage of an incident that was found by its outage'),
  );
  return row => {
    const rollout = rollouts.get(row.subject);
    const change = changes.get(`${row.stream} ${row.subject}`);
    const incident = incidents.get(row.subject);
    switch (subjectOf(row.kind)) {
      case 'rollout':
        return rollout ? rolloutDraft(rollout) : null;
      case 'change':
        return change ? changeDraft(change) : null;
      case 'incident':
        return incident ? incidentDraft(incident) : null;
      case 'outage':
        return outageDraft(row, members.get(row.subject) ?? []);
    }
  };
}

function distinctChanges(rows: readonly ReceiptRow[]) {
  const changeRows = rows.filter(row => subjectOf(row.kind) === 'change');
  return [
    ...new Map(
      changeRows.map(({ stream, subject }) => [`${stream} ${subject}`, { stream, id: subject }]),
    ).values(),
  ];
}

function rolloutDraft(found: RolloutFound): Drafted {
  return { shown: { rollout: rolloutShown(found) }, subjects: [rolloutSubject(found, found.name)] };
}

function changeDraft(found: ChangeFound): Drafted {
  const { name, rollout } = found;
  return {
    shown: {
      change: {
        name,
        created: timeOf(found.created),
        merged: timeOf(found.merged),
        rollout,
        exposed: timeOf(found.exposed),
        full: timeOf(found.full),
      },
    },
    subjects: [
      { about: 'change', service: found.service, environment: found.environment, name },
      ...(rollout === null ? [] : [rolloutSubject(found, rollout)]),
    ],
  };
}

function incidentDraft(found: IncidentFound): Drafted {
  return { shown: { incident: incidentShown(found) }, subjects: [incidentSubject(found)] };
}

function outageDraft(row: ReceiptRow, incidents: readonly IncidentFound[]): Drafted {
  const outage = {
    from: formatTime(row.at - row.value),
    to: formatTime(row.at),
    incidents: incidents.map(incidentShown),
  };
  return { shown: { outage }, subjects: incidents.map(incidentSubject) };
}

type StreamNames = { readonly service: string; readonly environment: string };

export const rolloutSubject = ({ service, environment }: StreamNames, name: string): EventSubject => ({
  about: 'rollout',
  service,
  environment,
  name,
});

export const incidentSubject = ({ service, environment, name }: IncidentFound): EventSubject => ({
  about: 'incident',
  service,
  environment,
  name,
});

export function rolloutShown(found: RolloutFound): RolloutShown {
  const { name, rolledBack, returned } = found;
  const isReturned = returned !== null && (rolledBack === null || returned < rolledBack);
  return {
    name,
    exposed: timeOf(found.exposed),
    full: timeOf(found.full),
    rolledBack: timeOf(isReturned ? returned : rolledBack),
    returnedBy: isReturned ? found.returnedBy : null,
    drill: found.drill,
    return: found.isReturn,
    changes: found.changes,
    artifacts: found.artifacts,
  };
}

export function incidentShown({ name, detected, resolved, isOpen, blamed }: IncidentFound): IncidentShown {
  return {
    name,
    detected: timeOf(detected),
    resolved: isOpen ? null : timeOf(resolved),
    open: isOpen,
    blamed,
  };
}

/** The events of several subjects together, in the order of their times. */
export function mergeEvents(
  subjects: readonly EventSubject[],
  events: ReadonlyMap<string, SubjectEvents>,
): { readonly events: readonly Event[]; readonly moreEvents: boolean } {
  const found = [...new Set(subjects.map(keyOfSubject))].flatMap(key => events.get(key) ?? []);
  return {
    events: found.flatMap(each => each.events).sort((a, b) => Date.parse(a.time) - Date.parse(b.time)),
    moreEvents: found.some(each => each.more),
  };
}

export const timeOf = (at: number | null): string | null => (at === null ? null : formatTime(at));
