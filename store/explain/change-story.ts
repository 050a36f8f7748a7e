import { sql } from 'kysely';
import { must } from '../../domain/must.ts';
import type { Transaction } from '../schema/tables.ts';
import { isNamed } from '../sql/lookups.ts';
import { carrierOf, inStream, namersOf } from '../sql/rollouts.ts';
import { idsOf } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { findRollouts, namesMax, type RolloutFound } from './subjects.ts';

/** A rollout as part of a change's story. */
export interface CarrierFound extends RolloutFound {
  /** Whether it names the change; else it carries the change by the time of its merge. */
  readonly named: boolean;
  /** Weights in the order of time; the largest one where several have the same time. */
  readonly steps: readonly { readonly at: number; readonly weight: number }[];
  readonly incidents: readonly number[];
}

export interface RevisionFound {
  readonly id: number;
  readonly name: string;
  readonly created: number | null;
  readonly merged: number | null;
  readonly rework: boolean;
  /** Names of the artifacts that it became; at most {@link namesMax}. */
  readonly artifacts: readonly string[];
  /** Names of the changes that became it; at most {@link namesMax}. */
  readonly standsFor: readonly string[];
}

/** A change or an artifact by its name; null when no event of the service names it. */
export async function findRevision(
  trx: Transaction,
  service: string,
  name: string,
): Promise<RevisionFound | null> {
  const found = await statement<RevisionFound>('change-story.revision')`
    select revision.id, revision.name, revision.created_at as created, revision.merged_at as merged, revision.rework,
      array(select other.name::text from change_artifact join revision as other on other.id = change_artifact.artifact_id
        where change_artifact.change_id = revision.id order by other.name limit ${namesMax}) as artifacts,
      array(select other.name::text from change_artifact join revision as other on other.id = change_artifact.change_id
        where change_artifact.artifact_id = revision.id order by other.name limit ${namesMax}) as "standsFor"
    from service join revision on revision.service_id = service.id and ${isNamed('revision', sql`${name}`)}
    where service.name = ${service}`.execute(trx);
  return found.rows[0] ?? null;
}

/** The rollouts that name the change, themselves or by an artifact, or that carry it by the time of its merge; at most `limit`. */
export async function findCarriers(
  trx: Transaction,
  revision: number,
  limit: number,
): Promise<CarrierFound[]> {
  const carrying = await statement<{ id: number; named: boolean }>('change-story.carriers')`
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
  const steps = await statement<{ rollout: number; at: number; weight: number }>('change-story.steps')`
    select rollout_id as rollout, at, weight from step
    where rollout_id = any(${idsOf(ids)}) order by rollout_id, at`.execute(trx);
  const attributions = await statement<{ rollout: number; incident: number }>('change-story.attributions')`
    select rollout_id as rollout, incident_id as incident from attribution
    where rollout_id = any(${idsOf(ids)})`.execute(trx);
  const stepsOf = Map.groupBy(steps.rows, row => row.rollout);
  const incidentsOf = Map.groupBy(attributions.rows, row => row.rollout);
  return rollouts.map(rollout => ({
    ...rollout,
    named: must(named.get(rollout.id), `carrier ${rollout.id}`),
    steps: (stepsOf.get(rollout.id) ?? []).map(({ at, weight }) => ({ at, weight })),
    incidents: (incidentsOf.get(rollout.id) ?? []).map(row => row.incident),
  }));
}

/** The ids of incidents that name the change, whichever rollout they are attributed to; at most `limit`. */
export async function findIncidentsOfRevision(
  trx: Transaction,
  revision: number,
  limit: number,
): Promise<number[]> {
  const found = await statement<{ id: number }>('change-story.incidents')`
    select incident_id as id from incident_revision where revision_id = ${revision}::bigint
    order by incident_id desc limit ${limit}`.execute(trx);
  return found.rows.map(row => row.id);
}
