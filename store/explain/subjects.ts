import { sql } from 'kysely';
import type { Store, Transaction } from '../schema/tables.ts';
import { rolloutsAt } from '../sql/lookups.ts';
import { planAsWritten } from '../sql/planner.ts';
import { carrierOf, counted, namersOf } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';

/** What receipts show of rollouts, changes and incidents, by their ids. Times are milliseconds since 1970. */

export interface RolloutFound {
  readonly id: number;
  readonly service: string;
  readonly environment: string;
  readonly name: string;
  readonly exposed: number | null;
  readonly full: number | null;
  /** When an event said that it was rolled back. */
  readonly rolledBack: number | null;
  /** When an older version returned. */
  readonly returned: number | null;
  /** The name of the rollout that was that return. */
  readonly returnedBy: string | null;
  readonly isReturn: boolean;
  readonly drill: boolean;
  /** Names of changes; at most {@link namesMax}. */
  readonly changes: readonly string[];
  /** Names of artifacts; at most {@link namesMax}. */
  readonly artifacts: readonly string[];
}

export interface ChangeFound {
  readonly stream: number;
  readonly id: number;
  readonly service: string;
  readonly environment: string;
  readonly name: string;
  readonly created: number | null;
  readonly merged: number | null;
  /** The rollout of the stream that exposed it first; null: no rollout that counts exposed it. */
  readonly rollout: string | null;
  readonly exposed: number | null;
  readonly full: number | null;
}

export interface IncidentFound {
  readonly id: number;
  readonly service: string;
  readonly environment: string;
  readonly name: string;
  /** The id of the outage that it is part of, which is the id of the outage's first incident. */
  readonly outage: number | null;
  readonly detected: number | null;
  /** The latest resolution. */
  readonly resolved: number | null;
  readonly isOpen: boolean;
  readonly blamed: readonly AttributedRollout[];
}

/** A rollout that an incident is attributed to. */
export interface AttributedRollout {
  readonly rollout: string;
  /** Because it was the newest rollout, not because an event said so. */
  readonly inferred: boolean;
}

/** How many names of a rollout are read: it may have thousands. */
export const namesMax = 50;

/** The columns `service` and `environment`, of {@link joinScope}. */
const scope = sql`service.name as service, stream.environment`;
const joinScope = (table: string) => sql`
  join stream on stream.id = ${sql.ref(`${table}.stream_id`)} join service on service.id = stream.service_id`;

/** The names of a rollout's changes, or of its artifacts, as an array. */
const namesOf = (isArtifact: boolean) => sql`array(
  select revision.name::text from rollout_revision join revision on revision.id = rollout_revision.revision_id
  where rollout_revision.rollout_id = rollout.id and rollout_revision.is_artifact = ${sql.lit(isArtifact)}
  order by revision.name limit ${namesMax})`;

/** Runs `read` in one transaction, whose statements are planned as they are written. */
export function reading<T>(db: Store, read: (trx: Transaction) => Promise<T>): Promise<T> {
  return db.transaction().execute(async trx => {
    await planAsWritten(trx);
    return read(trx);
  });
}

export async function findRollouts(trx: Transaction, ids: readonly number[]): Promise<RolloutFound[]> {
  if (ids.length === 0) return [];
  const found = await statement<RolloutFound>('subjects.rollouts')`
    select rollout.id, ${scope}, rollout.name, rollout.exposed_at as exposed, rollout.full_at as "full",
      rollout.rolled_back_at as "rolledBack", rollout.returned_at as returned, cause.name as "returnedBy",
      rollout.is_return as "isReturn", rollout.drill, ${namesOf(false)} as changes, ${namesOf(true)} as artifacts
    from ${unnestRows(
      ids.map(id => ({ id })),
      { id: 'bigint' },
    )} ${rolloutsAt('given.id')} ${joinScope('rollout')}
    left join rollout as cause on cause.id = rollout.returned_by`.execute(trx);
  return found.rows;
}

/** Changes with the rollout that exposed them first in a stream. Without a merge, that is the first rollout that names the change. */
export async function findChanges(
  trx: Transaction,
  wanted: readonly { readonly stream: number; readonly id: number }[],
): Promise<ChangeFound[]> {
  if (wanted.length === 0) return [];
  const rows = wanted.map(({ stream, id }) => ({ stream_id: stream, id }));
  const found = await statement<ChangeFound>('subjects.changes')`
    select stream.id as stream, revision.id, ${scope}, revision.name, revision.created_at as created, revision.merged_at as merged,
      first.name as rollout, first.exposed_at as exposed, first.full_at as "full"
    from ${unnestRows(rows, { stream_id: 'integer', id: 'bigint' })} ${joinScope('given')}
    join revision on revision.id = given.id
    left join lateral (
      select * from (
        (select rollout.exposed_at, rollout.name, rollout.full_at
         from (select rollout_id from ${namersOf('revision.id')} as named
           union select rollout_revision.rollout_id from rollout_revision
           where rollout_revision.revision_id = revision.id and revision.merged_at is null) as namer
         ${rolloutsAt('namer.rollout_id')}
         where rollout.stream_id = stream.id and ${counted('rollout')}
         order by rollout.exposed_at, rollout.name limit 1)
        union all
        ${carrierOf('stream.id', 'revision.merged_at')}
      ) as carrier order by exposed_at, name limit 1
    ) as first on true`.execute(trx);
  return found.rows;
}

const incidentColumns = sql`incident.id, ${scope}, incident.name, incident.outage_id as outage,
  incident.detected_at as detected, incident.resolved_last_at as resolved,
  incident.detected_at is not null
    and (incident.resolved_last_at is null or incident.detected_last_at > incident.resolved_last_at) as "isOpen",
  coalesce((select json_agg(json_build_object('rollout', rollout.name, 'inferred', attribution.inferred) order by rollout.name)
    from attribution join rollout on rollout.id = attribution.rollout_id where attribution.incident_id = incident.id), '[]') as blamed`;

export async function findIncidents(trx: Transaction, ids: readonly number[]): Promise<IncidentFound[]> {
  if (ids.length === 0) return [];
  const found = await statement<IncidentFound>('subjects.incidents')`
    select ${incidentColumns} from incident ${joinScope('incident')}
    where incident.id = any(${idsOf(ids)})
    order by incident.detected_at, incident.name`.execute(trx);
  return found.rows;
}

/** The incidents of these outages. */
export async function findOutageIncidents(
  trx: Transaction,
  outages: readonly number[],
): Promise<IncidentFound[]> {
  if (outages.length === 0) return [];
  const found = await statement<IncidentFound>('subjects.incidents-of-outages')`
    select ${incidentColumns} from incident ${joinScope('incident')}
    where incident.outage_id = any(${idsOf(outages)})
    order by incident.detected_at, incident.name`.execute(trx);
  return found.rows;
}
