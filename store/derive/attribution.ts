import { sql } from 'kysely';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, incidentsAt, rolloutsAt } from '../sql/lookups.ts';
import { carrierOf, counted, inStream, namersOf } from '../sql/rollouts.ts';
import { idsOf } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { type ChangedSince, mergeChanges, observeIncidents } from './observations.ts';
import { regroupOutages } from './outages.ts';

/**
 * Attributes incidents to rollouts again, and writes what follows: the observations of the incidents, and their outages.
 * @param incidents those that may belong to other rollouts now
 * @param reported those of them that changed themselves
 * @returns rollouts that have other incidents now, and which observations changed
 */
export async function attributeIncidents(
  trx: Transaction,
  incidents: ReadonlySet<number>,
  reported: ReadonlySet<number>,
  attributionWindowMs: number,
): Promise<{ rollouts: ReadonlySet<number>; changed: ChangedSince }> {
  const changed = await reattribute(trx, incidents, attributionWindowMs);
  const ofIncidents = await observeIncidents(trx, incidents);
  const ofOutages = await regroupOutages(trx, reported.union(changed.incidents));
  return { rollouts: changed.rollouts, changed: mergeChanges([ofIncidents, ofOutages]) };
}

/**
 * Attributes incidents again. An incident belongs to the rollouts that it names or that name it; else to the last rollout
 * that carried a change that it names; else, where it names nothing, to the rollout with the newest exposure in the window
 * before its detection.
 * @returns the incidents and the rollouts that belong to others now
 */
async function reattribute(
  trx: Transaction,
  incidents: ReadonlySet<number>,
  attributionWindowMs: number,
): Promise<{ incidents: ReadonlySet<number>; rollouts: ReadonlySet<number> }> {
  const changed = await statement<{ incidentId: number; rolloutId: number }>('attribution.update')`
    with affected as materialized (
      select incident.*,
        ${isLinked('incident_rollout')} as names_rollout,
        ${isLinked('incident_revision')} as names_change
      from unnest(${idsOf(incidents)}) as given(id) ${incidentsAt('given.id')}
    ),
    newest as materialized (
      select detection.stream_id, detection.detected_at, newest.rollout_id
      from (
        select distinct stream_id, detected_at from affected where not names_rollout and not names_change
      ) as detection
      cross join lateral (
        select step.rollout_id
        from step ${rolloutsAt('step.rollout_id')}
        where ${counted('rollout')} and step.stream_id = detection.stream_id and step.weight > 0
          and step.at <= detection.detected_at and step.at >= detection.detected_at - ${attributionWindowMs}::bigint
        order by step.at desc, rollout.exposed_at desc, rollout.name desc limit 1
      ) as newest
    ),
    wanted(incident_id, rollout_id, inferred) as (
      select affected.id, rollout.id, false
      from affected
      join incident_rollout as link on link.incident_id = affected.id
      ${rolloutsAt('link.rollout_id')}
      where affected.detected_at is not null and ${counted('rollout')}
      union
      select affected.id, carrier.id, false
      from affected
      join incident_revision on incident_revision.incident_id = affected.id
      cross join lateral (
        select incident_revision.revision_id as change_id
        union select change_artifact.change_id from change_artifact where change_artifact.artifact_id = incident_revision.revision_id
      ) as change
      join revision on revision.id = change.change_id
      cross join lateral (${lastCarrier}) as carrier
      where affected.detected_at is not null and not affected.names_rollout
      union
      select affected.id, newest.rollout_id, true
      from affected
      join newest on newest.stream_id = affected.stream_id and newest.detected_at = affected.detected_at
      where not affected.names_rollout and not affected.names_change
    ),
    deleted as (
      delete from attribution using affected
      where attribution.incident_id = affected.id and not exists (
        select from wanted where wanted.incident_id = attribution.incident_id and wanted.rollout_id = attribution.rollout_id)
      returning attribution.incident_id, attribution.rollout_id
    ),
    upserted as (
      insert into attribution (incident_id, rollout_id, inferred)
      select incident_id, rollout_id, inferred from wanted
      on conflict (incident_id, rollout_id) do update set inferred = excluded.inferred
      where attribution.inferred <> excluded.inferred
      returning incident_id, rollout_id
    )
    select incident_id as "incidentId", rollout_id as "rolloutId" from deleted
    union all select incident_id, rollout_id from upserted`.execute(trx);
  return {
    incidents: new Set(changed.rows.map(row => row.incidentId)),
    rollouts: new Set(changed.rows.map(row => row.rolloutId)),
  };
}

/** The last rollout of `affected.stream_id`, exposed by the detection, that carries the change `revision` or names it. */
const lastCarrier = sql`
  select id from (
    (select rollout.id, rollout.exposed_at, rollout.name
     from ${namersOf('revision.id')} as namer ${rolloutsAt('namer.rollout_id')}
     where rollout.stream_id = affected.stream_id and ${counted('rollout')}
       and rollout.exposed_at <= affected.detected_at
     order by rollout.exposed_at desc, rollout.name desc limit 1)
    union all
    (select rollout.id, rollout.exposed_at, rollout.name
     from ${carrierOf('affected.stream_id', 'revision.merged_at')} as carrier
     join rollout on rollout.stream_id = affected.stream_id and ${inStream('rollout')}
       and rollout.exposed_at = carrier.exposed_at and rollout.name = carrier.name
     where rollout.exposed_at <= affected.detected_at)
  ) as one
  order by exposed_at desc, name desc limit 1`;

/** Whether a table links the incident to anything. */
const isLinked = (table: 'incident_revision' | 'incident_rollout') =>
  existsByLookup(sql`${sql.table(table)} as link where link.incident_id = incident.id`);
