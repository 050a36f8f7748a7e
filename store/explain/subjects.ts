import { sql } from 'kysely';
import type { Store, Transaction } from '../schema/tables.ts';
import { isNamed, rolloutsAt } from '../sql/lookups.ts';
import { planAsWritten } from '../sql/planner.ts';
import { carrierOf, counted, inStream, namersOf } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';

/** Facts of subjects by their ids, for those who show them. Moments are milliseconds since 1970. */

export interface RolloutFound {
  readonly id: number;
  readonly service: string;
  readonly environment: string;
  readonly name: string;
  readonly exposed: number | null;
  readonly full: number | null;
  /** By a rollback of its own. */
  readonly rolledBack: number | null;
  /** By the return of an older version. */
  readonly returned: number | null;
  /** The rollout that was that return. */
  readonly returnedBy: string | null;
  readonly isReturn: boolean;
  readonly drill: boolean;
  /** Names of changes, and of artifacts in their scope; at most {@link namesMax}. */
  readonly changes: readonly string[];
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
  /** The rollout of the stream that exposed it first; null where none that counts did. */
  readonly rollout: string | null;
  readonly exposed: number | null;
  readonly full: number | null;
}

export interface IncidentFound {
  readonly id: number;
  readonly service: string;
  readonly environment: string;
  readonly name: string;
  /** The outage that it is part of, by the id of its first incident. */
  readonly outage: number | null;
  readonly detected: number | null;
  /** The latest resolution. */
  readonly resolved: number | null;
  readonly isOpen: boolean;
  readonly blamed: readonly AttributedRollout[];
}

/** A rollout that an incident is blamed on. */
export interface AttributedRollout {
  readonly rollout: string;
  /** Because it was the newest one, not because anyone said so. */
  readonly inferred: boolean;
}

/** Names of a rollout that are read; it may have thousands. */
export const namesMax = 50;

const scope = sql`service.name as service, stream.environment`;
const joinScope = (table: string) => sql`
  join stream on stream.id = ${sql.ref(`${table}.stream_id`)} join service on service.id = stream.service_id`;
const namesOf = (isArtifact: boolean) => sql`array(
  select revision.name::text from rollout_revision join revision on revision.id = rollout_revision.revision_id
  where rollout_revision.rollout_id = rollout.id and rollout_revision.is_artifact = ${sql.lit(isArtifact)}
  order by revision.name limit ${namesMax})`;

/** Everything in one transaction, whose statements look up by index from what is given. */
export function reading<T>(db: Store, read: (trx: Transaction) => Promise<T>): Promise<T> {
  return db.transaction().execute(async trx => {
    await planAsWritten(trx);
    return read(trx);
  });
}

export async function findRollouts(trx: Transaction, ids: readonly number[]): Promise<RolloutFound[]> {
  if (ids.length === 0) return [];
  const found = await sql<RolloutFound>`
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

/** Changes with the rollout that exposed them first in a stream; one that nobody merged, with the first that names it. */
export async function findChanges(
  trx: Transaction,
  wanted: readonly { readonly stream: number; readonly id: number }[],
): Promise<ChangeFound[]> {
  if (wanted.length === 0) return [];
  const rows = wanted.map(({ stream, id }) => ({ stream_id: stream, id }));
  const found = await sql<ChangeFound>`
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
  const found = await sql<IncidentFound>`
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
  const found = await sql<IncidentFound>`
    select ${incidentColumns} from incident ${joinScope('incident')}
    where incident.outage_id = any(${idsOf(outages)})
    order by incident.detected_at, incident.name`.execute(trx);
  return found.rows;
}

/** A rollout as part of a change's story. */
export interface CarrierFound extends RolloutFound {
  /** It names the change; else it carries it because of when it was merged. */
  readonly named: boolean;
  /** Weights in the order of time; of one moment, the largest. */
  readonly steps: readonly { readonly at: number; readonly weight: number }[];
  readonly incidents: readonly number[];
}

export interface RevisionFound {
  readonly id: number;
  readonly name: string;
  readonly created: number | null;
  readonly merged: number | null;
  readonly rework: boolean;
  /** What it became. */
  readonly artifacts: readonly string[];
  /** The changes that became it. */
  readonly standsFor: readonly string[];
}

/** null when no event of the service names it. */
export async function findRevision(
  trx: Transaction,
  service: string,
  name: string,
): Promise<RevisionFound | null> {
  const found = await sql<RevisionFound>`
    select revision.id, revision.name, revision.created_at as created, revision.merged_at as merged, revision.rework,
      array(select other.name::text from change_artifact join revision as other on other.id = change_artifact.artifact_id
        where change_artifact.change_id = revision.id order by other.name limit ${namesMax}) as artifacts,
      array(select other.name::text from change_artifact join revision as other on other.id = change_artifact.change_id
        where change_artifact.artifact_id = revision.id order by other.name limit ${namesMax}) as "standsFor"
    from service join revision on revision.service_id = service.id and ${isNamed('revision', sql`${name}`)}
    where service.name = ${service}`.execute(trx);
  return found.rows[0] ?? null;
}

/** Every rollout that names the change, itself or through artifacts, or carries it by its merge; at most `limit`. */
export async function findCarriers(
  trx: Transaction,
  revision: number,
  limit: number,
): Promise<CarrierFound[]> {
  const carrying = await sql<{ id: number; named: boolean }>`
    select id, bool_or(named) as named from (
      select namer.rollout_id as id, true as named
      from (select ${revision}::bigint as id) as own
      cross join lateral (
        select rollout_id from ${namersOf('own.id')} as through
        union select rollout_revision.rollout_id from rollout_revision where rollout_revision.revision_id = own.id
      ) as namer
      union all
      select rollout.id, false
      from revision join stream on stream.service_id = revision.service_id
      cross join lateral ${carrierOf('stream.id', 'revision.merged_at')} as carrier
      join rollout on rollout.stream_id = stream.id and ${inStream('rollout')}
        and rollout.exposed_at = carrier.exposed_at and rollout.name = carrier.name
      where revision.id = ${revision}::bigint
    ) as carrying group by id order by id desc limit ${limit}`.execute(trx);
  const named = new Map(carrying.rows.map(row => [row.id, row.named]));
  const ids = [...named.keys()];
  const rollouts = await findRollouts(trx, ids);
  const steps = await sql<{ rollout: number; at: number; weight: number }>`
    select rollout_id as rollout, at, weight from step
    where rollout_id = any(${idsOf(ids)}) order by rollout_id, at`.execute(trx);
  const blamed = await sql<{ rollout: number; incident: number }>`
    select rollout_id as rollout, incident_id as incident from attribution
    where rollout_id = any(${idsOf(ids)})`.execute(trx);
  const stepsOf = Map.groupBy(steps.rows, row => row.rollout);
  const incidentsOf = Map.groupBy(blamed.rows, row => row.rollout);
  return rollouts.map(rollout => ({
    ...rollout,
    named: named.get(rollout.id) ?? false,
    steps: (stepsOf.get(rollout.id) ?? []).map(({ at, weight }) => ({ at, weight })),
    incidents: (incidentsOf.get(rollout.id) ?? []).map(row => row.incident),
  }));
}

/** Incidents that name the change, whomever they are blamed on. */
export async function findIncidentsOfRevision(
  trx: Transaction,
  revision: number,
  limit: number,
): Promise<number[]> {
  const found = await sql<{ id: number }>`
    select incident_id as id from incident_revision where revision_id = ${revision}::bigint
    order by incident_id desc limit ${limit}`.execute(trx);
  return found.rows.map(row => row.id);
}
