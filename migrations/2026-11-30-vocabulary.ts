import { type Kysely, sql } from 'kysely';

/**
 * Tables, columns and indexes take the terms of `docs/glossary.md`. Only names change: no row is rewritten.
 *
 * The functions behind the views name the tables in their text, so they are replaced with the same results.
 */
// biome-ignore lint/suspicious/noExplicitAny: a migration is frozen in time and knows no table types
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of renames) await sql.raw(statement).execute(db);
  for (const { name, columns, text } of views)
    await sql
      .raw(
        `create or replace function ${name}() returns table (${columns}) language sql stable rows 1000 as $body$${text}$body$`,
      )
      .execute(db);
}

const renames = [
  'alter table line rename to stream',
  ...['rollout', 'step', 'incident', 'outage', 'sample'].map(
    table => `alter table ${table} rename column line_id to stream_id`,
  ),
  'alter table stream rename constraint line_pkey to stream_pkey',
  'alter table stream rename constraint line_service_id_environment_key to stream_service_id_environment_key',
  'alter sequence line_id_seq rename to stream_id_seq',
  'alter index outage_line rename to outage_stream',

  'alter table label rename to revision',
  'alter table revision rename constraint label_pkey to revision_pkey',
  'alter sequence label_id_seq rename to revision_id_seq',
  'alter index label_merged rename to revision_merged',
  'alter index label_name rename to revision_name',
  'alter table incident_label rename to incident_revision',
  'alter table incident_revision rename column label_id to revision_id',
  'alter table incident_revision rename constraint incident_label_pkey to incident_revision_pkey',
  'alter index incident_label_label rename to incident_revision_revision',
  'alter table naming rename column label_id to revision_id',
  'alter table naming rename to rollout_revision',
  'alter table rollout_revision rename constraint naming_pkey to rollout_revision_pkey',
  'alter index naming_label rename to rollout_revision_revision',
  'alter table alias rename to change_artifact',
  'alter table change_artifact rename constraint alias_pkey to change_artifact_pkey',
  'alter index alias_change rename to change_artifact_change',
  'alter table blame rename to attribution',
  'alter table attribution rename constraint blame_pkey to attribution_pkey',
  'alter index blame_rollout rename to attribution_rollout',
  'alter table sample rename to observation',
  'alter index sample_moment rename to observation_at',
  'alter index sample_subject rename to observation_subject',
  'alter table rollout rename column highest to base',
  'alter table rollout rename column placed_at to sorted_at',
  'alter index rollout_place rename to rollout_sort_key',
  'alter table event rename column about to subject_hash',
  'alter index event_about rename to event_subject_hash',
];

const timestamp = (column: string) => `to_timestamp(${column}::double precision / 1000)`;

const views = [
  {
    name: 'report_samples',
    columns: `service text, team text, environment text, metric text, "at" timestamptz, seconds double precision`,
    text: `
      select service.name, coalesce(service.team, ''), stream.environment,
        (array['exposed', 'progressive', 'reworked', 'intervened', 'contained', 'escaped', 'lead_time',
          'created_to_merged', 'exposed_to_full', 'restored', 'outage_recovered', 'rollback_recovered',
          'merge_unknown', 'merged_after_exposure', 'rollback_unexposed', 'blame_inferred', 'blame_unknown',
          'resolution_undetected'])[observation.measure + 1],
        ${timestamp('observation.at')}, observation.value::double precision / 1000
      from service
      join stream on stream.service_id = service.id
      join observation on observation.stream_id = stream.id`,
  },
  {
    // Those that count: no drills, no returns of an older version.
    name: 'report_rollouts',
    columns: `service text, team text, environment text, rollout text, exposed_at timestamptz, full_at timestamptz,
      rolled_back_at timestamptz, containment text, cause text, progressive boolean, weight double precision,
      failed_exposure_seconds double precision`,
    text: `
      select service.name, coalesce(service.team, ''), stream.environment, rollout.name,
        ${timestamp('rollout.exposed_at')}, ${timestamp('rollout.full_at')},
        ${timestamp('least(rollout.rolled_back_at, rollout.returned_at)')},
        case when least(rollout.rolled_back_at, rollout.returned_at) is null then null
          when rollout.full_at < least(rollout.rolled_back_at, rollout.returned_at) then 'escaped'
          else 'contained' end,
        case when rollout.returned_at < coalesce(rollout.rolled_back_at, rollout.returned_at + 1) then 'manual'
          else rollout.cause end,
        rollout.progressive,
        (select step.weight from step where step.rollout_id = rollout.id order by step.at desc limit 1),
        (select observation.value::double precision / 1000 from observation
          where observation.stream_id = rollout.stream_id and observation.measure in (4, 5) and observation.subject = rollout.id)
      from service
      join stream on stream.service_id = service.id
      join rollout on rollout.stream_id = stream.id
      where rollout.exposed_at is not null and not rollout.drill and not rollout.is_return`,
  },
  {
    name: 'report_incidents',
    columns: `service text, team text, environment text, incident text, detected_at timestamptz,
      resolved_at timestamptz, seconds double precision, rollouts text, inferred boolean`,
    text: `
      select service.name, coalesce(service.team, ''), stream.environment, incident.name,
        ${timestamp('incident.detected_at')},
        case when incident.resolved_last_at >= incident.detected_last_at
          then ${timestamp('incident.resolved_last_at')} end,
        case when incident.resolved_last_at >= incident.detected_last_at
          then (incident.resolved_last_at - incident.detected_at)::double precision / 1000 end,
        blamed.rollouts, coalesce(blamed.inferred, false)
      from service
      join stream on stream.service_id = service.id
      join incident on incident.stream_id = stream.id
      cross join lateral (
        select string_agg(rollout.name, ', ' order by rollout.name) as rollouts, bool_or(attribution.inferred) as inferred
        from attribution join rollout on rollout.id = attribution.rollout_id where attribution.incident_id = incident.id
      ) as blamed
      where incident.detected_at is not null`,
  },
  {
    name: 'report_flag_changes',
    columns: `service text, team text, flag text, variant text, actor text, title text, "at" timestamptz`,
    text: `
      select coalesce(event.body->>'service', ''), coalesce(service.team, ''), event.body->>'flag',
        event.body->>'variant', event.body->>'actor', event.body->>'title', ${timestamp('event.flag_at')}
      from service right join event on service.name = event.body->>'service'
      where event.flag_at is not null`,
  },
];
