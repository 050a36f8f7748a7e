import { sql } from 'kysely';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, incidentsAt, rolloutsAt } from '../sql/lookups.ts';
import { measureId } from '../sql/measures.ts';
import { carrierOf, counted, inStream, namersOf } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { noNewIds } from '../write/new-ids.ts';
import type { ChangedRollouts, Step } from '../write/rollouts.ts';
import type { StreamChange } from './changes.ts';
import { type ChangedSince, noChanges, replaceObservations } from './observations.ts';

export interface Reattributed {
  /** Rollouts that are blamed for other incidents than before. */
  readonly rollouts: ReadonlySet<number>;
  /** Incidents that are blamed on other rollouts than before. */
  readonly incidents: ReadonlySet<number>;
}

/** Incidents that may belong to other rollouts now, besides those that the batch tells of. */
export async function incidentsNear(
  trx: Transaction,
  replaced: ReadonlySet<number>,
  { steps, newFrom }: Pick<ChangedRollouts, 'steps' | 'newFrom'>,
  changes: readonly StreamChange[],
  attributionWindowMs: number,
): Promise<number[]> {
  // Nothing was linked to new rollouts before this batch, and all their steps are new.
  const known = [...replaced].filter(id => id < newFrom);
  const moments = periodsOf([...steps, ...(await stepsOf(trx, known))], attributionWindowMs);
  const found = await sql<{ id: number }>`
    select link.incident_id as id
    from unnest(${idsOf(known)}) as given(id) cross join lateral (
      select incident_id from incident_rollout where incident_rollout.rollout_id = given.id offset 0
    ) as link
    union
    select incident.id
    from ${unnestRows(moments, { stream: 'integer', from: 'bigint', to: 'bigint' })} cross join lateral (
      select id from incident
      where incident.stream_id = given.stream
        and incident.detected_at >= given.from and incident.detected_at <= given.to offset 0
    ) as incident
    union
    select incident.id
    from ${unnestRows(changes, { stream: 'integer', change: 'bigint' })}
    cross join lateral (
      select given.change as revision_id
      union all select change_artifact.artifact_id from change_artifact where change_artifact.change_id = given.change
    ) as name
    cross join lateral (
      select incident_id from incident_revision where incident_revision.revision_id = name.revision_id offset 0
    ) as told
    cross join lateral (
      select id from incident where incident.id = told.incident_id and incident.stream_id = given.stream offset 0
    ) as incident`.execute(trx);
  return found.rows.map(row => row.id);
}

type Moment = Pick<Step, 'stream' | 'at' | 'weight'>;

async function stepsOf(trx: Transaction, rollouts: readonly number[]): Promise<Moment[]> {
  if (rollouts.length === 0) return [];
  const found = await sql<Moment>`
    select step.stream_id as stream, step.at, step.weight
    from unnest(${idsOf(rollouts)}) as given(id) cross join lateral (
      select stream_id, at, weight from step where step.rollout_id = given.id offset 0
    ) as step`.execute(trx);
  return found.rows;
}

/** The periods in which an incident may be blamed on one of these steps, joined where they overlap. */
function periodsOf(steps: readonly Moment[], attributionWindowMs: number) {
  const periods: { stream: number; from: number; to: number }[] = [];
  const shown = steps.filter(({ weight }) => weight > 0);
  for (const { stream, at } of shown.toSorted((a, b) => a.stream - b.stream || a.at - b.at)) {
    const last = periods.at(-1);
    if (last?.stream === stream && at <= last.to) last.to = at + attributionWindowMs;
    else periods.push({ stream, from: at, to: at + attributionWindowMs });
  }
  return periods;
}

/**
 * Decides anew which rollouts these incidents belong to: those that they name or that name them; else the
 * last that carried a change that they name; else, where they name nothing, the one whose latest exposure
 * is the newest, if it is new enough.
 */
export async function reattribute(
  trx: Transaction,
  incidents: ReadonlySet<number>,
  attributionWindowMs: number,
): Promise<Reattributed> {
  if (incidents.size === 0) return { rollouts: new Set(), incidents: new Set() };
  const ids = [...incidents];
  const changed = await sql<{ incident: number; rollout: number }>`
    with touched as materialized (
      select incident.*,
        ${has('incident_rollout')} as names_rollout,
        ${has('incident_revision')} as names_change
      from unnest(${idsOf(ids)}) as given(id) ${incidentsAt('given.id')}
    ),
    newest as materialized (
      select moment.stream_id, moment.detected_at, newest.rollout_id
      from (
        select distinct stream_id, detected_at from touched where not names_rollout and not names_change
      ) as moment
      cross join lateral (
        select step.rollout_id
        from step ${rolloutsAt('step.rollout_id')}
        where ${counted('rollout')} and step.stream_id = moment.stream_id and step.weight > 0
          and step.at <= moment.detected_at and step.at >= moment.detected_at - ${attributionWindowMs}::bigint
        order by step.at desc, rollout.exposed_at desc, rollout.name desc limit 1
      ) as newest
    ),
    wanted(incident_id, rollout_id, inferred) as (
      select touched.id, rollout.id, false
      from touched
      join incident_rollout as link on link.incident_id = touched.id
      ${rolloutsAt('link.rollout_id')}
      where touched.detected_at is not null and ${counted('rollout')}
      union
      select touched.id, carrier.id, false
      from touched
      join incident_revision on incident_revision.incident_id = touched.id
      cross join lateral (
        select incident_revision.revision_id as change_id
        union select change_artifact.change_id from change_artifact where change_artifact.artifact_id = incident_revision.revision_id
      ) as change
      join revision on revision.id = change.change_id
      cross join lateral (${lastCarrier}) as carrier
      where touched.detected_at is not null and not touched.names_rollout
      union
      select touched.id, newest.rollout_id, true
      from touched
      join newest on newest.stream_id = touched.stream_id and newest.detected_at = touched.detected_at
      where not touched.names_rollout and not touched.names_change
    ),
    gone as (
      delete from attribution using touched
      where attribution.incident_id = touched.id and not exists (
        select from wanted where wanted.incident_id = attribution.incident_id and wanted.rollout_id = attribution.rollout_id)
      returning attribution.incident_id, attribution.rollout_id
    ),
    made as (
      insert into attribution (incident_id, rollout_id, inferred)
      select incident_id, rollout_id, inferred from wanted
      on conflict (incident_id, rollout_id) do update set inferred = excluded.inferred
      where attribution.inferred <> excluded.inferred
      returning incident_id, rollout_id
    )
    select incident_id as incident, rollout_id as rollout from gone
    union all select incident_id, rollout_id from made`.execute(trx);
  return {
    rollouts: new Set(changed.rows.map(row => row.rollout)),
    incidents: new Set(changed.rows.map(row => row.incident)),
  };
}

/** The last rollout of `touched.stream_id` exposed by the detection that carries the change `revision`, by name or not. */
const lastCarrier = sql`
  select id from (
    (select rollout.id, rollout.exposed_at, rollout.name
     from ${namersOf('revision.id')} as namer ${rolloutsAt('namer.rollout_id')}
     where rollout.stream_id = touched.stream_id and ${counted('rollout')}
       and rollout.exposed_at <= touched.detected_at
     order by rollout.exposed_at desc, rollout.name desc limit 1)
    union all
    (select rollout.id, rollout.exposed_at, rollout.name
     from ${carrierOf('touched.stream_id', 'revision.merged_at')} as carrier
     join rollout on rollout.stream_id = touched.stream_id and ${inStream('rollout')}
       and rollout.exposed_at = carrier.exposed_at and rollout.name = carrier.name
     where rollout.exposed_at <= touched.detected_at)
  ) as one
  order by exposed_at desc, name desc limit 1`;

/** Whether a table knows of the incident. */
const has = (table: 'attribution' | 'incident_revision' | 'incident_rollout') =>
  existsByLookup(sql`${sql.table(table)} as own where own.incident_id = incident.id`);

/** Writes the findings of these incidents anew. */
export async function observeIncidents(
  trx: Transaction,
  incidents: ReadonlySet<number>,
): Promise<ChangedSince> {
  if (incidents.size === 0) return noChanges;
  return replaceObservations(trx, {
    stream: 'stream_id',
    subject: 'id',
    newFrom: noNewIds,
    measures: ['blame_inferred', 'blame_unknown', 'resolution_undetected'],
    with: sql`touched as materialized (
      select incident.*,
        ${has('attribution')} as blamed,
        coalesce((select inferred from attribution where attribution.incident_id = incident.id order by inferred desc limit 1), false)
          as inferred,
        ${has('incident_revision')} or ${has('incident_rollout')} as names
      from unnest(${idsOf(incidents)}) as given(id) ${incidentsAt('given.id')}
    ),
    wanted(stream_id, measure, subject, at, value) as (
      select stream_id, ${measureId('blame_inferred')}, id, detected_at, 0 from touched where inferred
      union all
      select stream_id, ${measureId('blame_unknown')}, id, detected_at, 0 from touched
      where names and not blamed and detected_at is not null
      union all
      select stream_id, ${measureId('resolution_undetected')}, id, resolved_last_at, 0 from touched
      where detected_at is null and resolved_last_at is not null
    )`,
  });
}
