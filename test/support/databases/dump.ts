import { type RawBuilder, sql } from 'kysely';
import { measures } from '../../../domain/metrics/measures.ts';
import type { SubjectKind } from '../../../domain/metrics/reasons.ts';
import type { Store } from '../../../store/schema/tables.ts';

/**
 * All derived rows as sorted texts, with names instead of the database's ids, so that two stores, or one store at two
 * times, can be compared.
 */
export async function dump(db: Store): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const [table, query] of Object.entries(queries)) {
    const { rows } = await query.execute(db);
    tables[table] = rows.map(row => JSON.stringify(row)).sort();
  }
  return tables;
}

const stream = sql`service.name as service, stream.environment`;
const joinStream = (table: string) => sql`
  join stream on stream.id = ${sql.ref(`${table}.stream_id`)} join service on service.id = stream.service_id`;

const measuresOf = (subject: SubjectKind) =>
  sql.join(
    Object.values(measures)
      .filter(measure => measure.subject === subject)
      .map(({ id }) => sql.lit(id)),
  );

const queries: Record<string, RawBuilder<unknown>> = {
  service: sql`select name, team, team_at from service`,
  stream: sql`select ${stream}, exposed_total, rolled_back_total from stream join service on service.id = stream.service_id`,
  revision: sql`select service.name as service, revision.name, created_at, merged_at, rework
    from revision join service on service.id = revision.service_id`,
  changeArtifact: sql`select artifact.service_id is not distinct from change.service_id as same,
      artifact.name as artifact, change.name as change
    from change_artifact join revision as artifact on artifact.id = artifact_id join revision as change on change.id = change_id`,
  rollout: sql`select ${stream}, rollout.name, rollout.exposed_at, rollout.full_at, rollout.rolled_back_at,
      rollout.cause, rollout.rolled_back_from, rollout.flag, rollout.drill, rollout.rework, rollout.progressive, rollout.sorted_at, rollout.is_return,
      rollout.base, rollout.head, rollout.returned_at, returner.name as returned_by
    from rollout ${joinStream('rollout')} left join rollout as returner on returner.id = rollout.returned_by`,
  rolloutRevision: sql`select ${stream}, rollout.name, revision.name as revision, is_artifact
    from rollout_revision join rollout on rollout.id = rollout_id ${joinStream('rollout')} join revision on revision.id = revision_id`,
  step: sql`select ${stream}, rollout.name, step.at, step.weight
    from step join rollout on rollout.id = rollout_id ${joinStream('step')}`,
  incident: sql`select ${stream}, incident.name, incident.detected_at, incident.detected_last_at,
      incident.resolved_last_at, first.name as outage
    from incident ${joinStream('incident')} left join incident as first on first.id = incident.outage_id`,
  incidentRollout: sql`select ${stream}, incident.name, rollout.name as rollout
    from incident_rollout join incident on incident.id = incident_id join rollout on rollout.id = rollout_id
    ${joinStream('incident')}`,
  incidentRevision: sql`select ${stream}, incident.name, revision.name as revision
    from incident_revision join incident on incident.id = incident_id ${joinStream('incident')}
    join revision on revision.id = revision_id`,
  attribution: sql`select ${stream}, incident.name, rollout.name as rollout, inferred
    from attribution join incident on incident.id = incident_id join rollout on rollout.id = rollout_id ${joinStream('incident')}`,
  outage: sql`select ${stream}, incident.name, began_at, ended_at
    from outage join incident on incident.id = outage.id ${joinStream('outage')}`,
  observation: sql`select ${stream}, measure, observation.at, observation.value,
      case when measure in (${measuresOf('change')}) then (select name from revision where id = subject)
           when measure in (${measuresOf('outage')}, ${measuresOf('incident')}) then (select name from incident where id = subject)
           else (select name from rollout where id = subject) end as subject
    from observation ${joinStream('observation')}`,
};
