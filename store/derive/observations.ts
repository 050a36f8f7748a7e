import { type RawBuilder, sql } from 'kysely';
import type { Measure } from '../../domain/metrics/measures.ts';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, incidentsAt, revisionsAt, rolloutsAt } from '../sql/lookups.ts';
import { measureId, measureIds } from '../sql/measures.ts';
import { carrierOf, counted, namedBy, namersOf } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { noNewIds } from '../write/services.ts';
import type { StreamChange } from './exposed-changes.ts';

/**
 * By service id: the earliest time of an observation that was inserted, changed or deleted, milliseconds since 1970.
 * Services that are not in it have the observations that they had.
 */
export type ChangedSince = ReadonlyMap<number, number>;

export const noChanges: ChangedSince = new Map();

export function mergeChanges(changes: readonly ChangedSince[]): ChangedSince {
  const earliest = new Map<number, number>();
  for (const [serviceId, at] of changes.flatMap(changed => [...changed]))
    earliest.set(serviceId, Math.min(at, earliest.get(serviceId) ?? at));
  return earliest;
}

/**
 * Writes the observations of rollouts again, from their facts, their relations and the incidents attributed to them.
 * @param newFrom rollouts from this id on are new
 */
export async function observeRollouts(
  trx: Transaction,
  rollouts: ReadonlySet<number>,
  newFrom: number,
): Promise<ChangedSince> {
  if (rollouts.size === 0) return noChanges;
  const measures: Measure[] = [
    'exposed',
    'progressive',
    'reworked',
    'intervened',
    'contained',
    'escaped',
    'rollback_recovered',
    'rollback_unexposed',
  ];
  return changedSince(
    trx,
    statement<ChangedRow>('observations.of-rollouts')`
    with subjects as materialized (
      select rollout.*, least(rolled_back_at, returned_at) as ended_at,
        ${counted('rollout')} as counted,
        ${existsByLookup(sql`attribution where attribution.rollout_id = rollout.id`)} as blamed
      from unnest(${idsOf(rollouts)}) as given(id) ${rolloutsAt('given.id')}
    ),
    wanted(stream_id, measure, subject, at, value) as (
      select stream_id, ${measureId('exposed')}, id, exposed_at, 0 from subjects where counted
      union all
      select stream_id, ${measureId('progressive')}, id, exposed_at, 0 from subjects where counted and progressive
      union all
      select stream_id, ${measureId('reworked')}, id, exposed_at, 0 from subjects
      where counted and (rework or exists (
        select from ${namedBy('subjects.id')} as named join revision on revision.id = named.change_id
        where revision.rework))
      union all
      select stream_id, ${measureId('intervened')}, id, exposed_at, 0 from subjects
      where counted and (ended_at is not null or blamed)
      union all
      select stream_id,
        case when full_at < ended_at then ${measureId('escaped')} else ${measureId('contained')} end,
        id, ended_at, ${failedExposure} from subjects
      where counted and ended_at is not null
      union all
      select stream_id, ${measureId('rollback_recovered')}, id, ended_at, ended_at - exposed_at from subjects
      where counted and ended_at >= exposed_at and not blamed
      union all
      select stream_id, ${measureId('rollback_unexposed')}, id, rolled_back_at, 0 from subjects
      where exposed_at is null and rolled_back_at is not null and not drill
    ),
    ${replaceWanted(measures, newFrom)}`,
  );
}

/** ∫ weight/100 dt from the exposure to the end, in milliseconds, rounded; each weight holds until the next step. */
const failedExposure = sql`coalesce((
  select floor(sum(weight * (least(next_at, subjects.ended_at) - at)) / 100 + 0.5)::bigint from (
    select at, weight, lead(at, 1, subjects.ended_at) over (order by at) as next_at
    from step where step.rollout_id = subjects.id and step.at >= subjects.exposed_at
    order by at
  ) as held where at < subjects.ended_at
), 0)`;

/**
 * Writes the observations of changes again: lead time and its stages, at the time of the first exposure in the stream.
 * @param newFrom revisions from this id on are new
 */
export async function observeChanges(
  trx: Transaction,
  changes: readonly StreamChange[],
  newFrom: number,
): Promise<ChangedSince> {
  if (changes.length === 0) return noChanges;
  const measures: Measure[] = [
    'lead_time',
    'created_to_merged',
    'exposed_to_full',
    'merge_unknown',
    'merged_after_exposure',
  ];
  return changedSince(
    trx,
    statement<ChangedRow>('observations.of-changes')`
    with subjects(stream_id, id) as materialized (
      select "streamId", "changeId" from ${unnestRows(changes, { streamId: 'integer', changeId: 'bigint' })}
    ),
    merged as (
      select subjects.stream_id, subjects.id, revision.created_at, revision.merged_at, first.exposed_at, first.full_at
      from subjects
      ${revisionsAt('subjects.id')}
      cross join lateral (
        select * from (
          (select rollout.exposed_at, rollout.name, rollout.full_at
           from ${namersOf('revision.id')} as namer ${rolloutsAt('namer.rollout_id')}
           where rollout.stream_id = subjects.stream_id and ${counted('rollout')}
           order by rollout.exposed_at, rollout.name limit 1)
          union all
          ${carrierOf('subjects.stream_id', 'revision.merged_at')}
        ) as carrier
        order by exposed_at, name limit 1
      ) as first
      where revision.merged_at is not null
    ),
    unmerged as (
      select subjects.stream_id, subjects.id, min(rollout.exposed_at) as exposed_at
      from subjects
      ${revisionsAt('subjects.id')}
      cross join lateral (
        select rollout_id, is_artifact from rollout_revision
        where revision.merged_at is null and rollout_revision.revision_id = revision.id offset 0
      ) as rollout_revision
      ${rolloutsAt('rollout_revision.rollout_id')}
      where revision.merged_at is null and rollout.stream_id = subjects.stream_id and ${counted('rollout')}
        and not ${existsByLookup(sql`change_artifact where change_artifact.artifact_id = revision.id`)}
        and not (rollout_revision.is_artifact and ${existsByLookup(
          sql`rollout_revision as other where other.rollout_id = rollout_revision.rollout_id and not other.is_artifact`,
        )})
      group by subjects.stream_id, subjects.id
    ),
    wanted(stream_id, measure, subject, at, value) as (
      select stream_id, ${measureId('lead_time')}, id, exposed_at, exposed_at - merged_at
      from merged where exposed_at >= merged_at
      union all
      select stream_id, ${measureId('created_to_merged')}, id, exposed_at, merged_at - created_at
      from merged where exposed_at >= merged_at and created_at <= merged_at
      union all
      select stream_id, ${measureId('exposed_to_full')}, id, exposed_at, full_at - exposed_at
      from merged where exposed_at >= merged_at and full_at is not null
      union all
      select stream_id, ${measureId('merged_after_exposure')}, id, exposed_at, merged_at - exposed_at
      from merged where exposed_at < merged_at
      union all
      select stream_id, ${measureId('merge_unknown')}, id, exposed_at, 0 from unmerged
    ),
    ${replaceWanted(measures, newFrom)}`,
  );
}

/** Writes the findings about incidents again. */
export async function observeIncidents(
  trx: Transaction,
  incidents: ReadonlySet<number>,
): Promise<ChangedSince> {
  if (incidents.size === 0) return noChanges;
  const has = (table: 'attribution' | 'incident_revision' | 'incident_rollout') =>
    existsByLookup(sql`${sql.table(table)} as link where link.incident_id = incident.id`);
  const measures: Measure[] = ['blame_inferred', 'blame_unknown', 'resolution_undetected'];
  return changedSince(
    trx,
    statement<ChangedRow>('observations.of-incidents')`
    with subjects as materialized (
      select incident.*,
        ${has('attribution')} as blamed,
        coalesce((select inferred from attribution where attribution.incident_id = incident.id order by inferred desc limit 1), false)
          as inferred,
        ${has('incident_revision')} or ${has('incident_rollout')} as names
      from unnest(${idsOf(incidents)}) as given(id) ${incidentsAt('given.id')}
    ),
    wanted(stream_id, measure, subject, at, value) as (
      select stream_id, ${measureId('blame_inferred')}, id, detected_at, 0 from subjects where inferred
      union all
      select stream_id, ${measureId('blame_unknown')}, id, detected_at, 0 from subjects
      where names and not blamed and detected_at is not null
      union all
      select stream_id, ${measureId('resolution_undetected')}, id, resolved_last_at, 0 from subjects
      where detected_at is null and resolved_last_at is not null
    ),
    ${replaceWanted(measures, noNewIds)}`,
  );
}

/**
 * Writes the observations of outages again: time to restore, and recovery time where one of their incidents is attributed
 * to a rollout.
 * @param outages those that exist and those that are gone, by the id of their first incident, with its stream
 */
export async function observeOutages(
  trx: Transaction,
  outages: readonly { readonly id: number; readonly streamId: number }[],
): Promise<ChangedSince> {
  if (outages.length === 0) return noChanges;
  const measures: Measure[] = ['restored', 'outage_recovered'];
  return changedSince(
    trx,
    statement<ChangedRow>('observations.of-outages')`
    with subjects(stream_id, id) as materialized (
      select "streamId", id from ${unnestRows(outages, { streamId: 'integer', id: 'bigint' })}
    ),
    wanted(stream_id, measure, subject, at, value) as (
      select outage.stream_id, ${measureId('restored')}, outage.id, outage.ended_at, outage.ended_at - outage.began_at
      from outage join subjects on subjects.id = outage.id
      union all
      select outage.stream_id, ${measureId('outage_recovered')}, outage.id, outage.ended_at,
        outage.ended_at - outage.began_at
      from outage join subjects on subjects.id = outage.id
      where ${existsByLookup(sql`
        incident cross join lateral (select from attribution where attribution.incident_id = incident.id limit 1) as blamed
        where incident.outage_id = outage.id`)}
    ),
    ${replaceWanted(measures, noNewIds)}`,
  );
}

/** What {@link replaceWanted} selects. */
interface ChangedRow {
  readonly serviceId: number;
  readonly since: number;
}

async function changedSince(trx: Transaction, query: RawBuilder<ChangedRow>): Promise<ChangedSince> {
  const changed = await query.execute(trx);
  return new Map(changed.rows.map(({ serviceId, since }) => [serviceId, since]));
}

/**
 * The end of a statement that replaces observations by the wanted ones and leaves rows that are as wanted alone. It follows
 * the CTEs `subjects(stream_id, id)` and `wanted(stream_id, measure, subject, at, value)`. No other transaction writes the
 * observations meanwhile, because the caller holds the lock of their services.
 * @param measures which of the subjects' observations are replaced
 * @param newFrom subjects from this id on are new, and have no observations
 */
const replaceWanted = (measures: readonly Measure[], newFrom: number) => sql`standing as materialized (
      select known.*
      from subjects cross join lateral (
        select ctid as tuple, stream_id, measure, subject, at as stood_at, value as stood_value from observation
        where observation.stream_id = subjects.stream_id and observation.subject = subjects.id
          and observation.measure = any(array[${measureIds(...measures)}]::smallint[]) offset 0
      ) as known
      where subjects.id < ${newFrom}::bigint
    ),
    difference as materialized (
      select * from wanted full join standing using (stream_id, measure, subject)
      where (at, value) is distinct from (stood_at, stood_value)
    ),
    deleted as (
      delete from observation where ctid = any(array(select tuple from difference where tuple is not null))
    ),
    inserted as (
      insert into observation (stream_id, measure, subject, at, value)
      select stream_id, measure, subject, at, value from difference where at is not null
    ),
    changed as materialized (
      select stream_id, min(least(at, stood_at)) as since from difference group by stream_id
    )
    select stream.service_id as "serviceId", min(changed.since) as since
    from changed join stream on stream.id = changed.stream_id group by stream.service_id`;
