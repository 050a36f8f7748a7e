import { sql } from 'kysely';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, incidentsAt, rolloutsAt } from '../sql/lookups.ts';
import { carrierOf, counted, inStream, namersOf } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import type { Step } from '../write/rollout-details.ts';
import type { ChangedRollouts } from '../write/rollouts.ts';
import type { StreamChange } from './exposed-changes.ts';

export interface Reattributed {
  /** Rollouts that are attributed other incidents than before. */
  readonly rollouts: ReadonlySet<number>;
  /** Incidents that are attributed to other rollouts than before. */
  readonly incidents: ReadonlySet<number>;
}

/**
 * The incidents that may be attributed to other rollouts now, besides those of the batch.
 * @param rollouts those whose relation or facts changed
 * @param changed the rollouts of the batch
 * @param changes those whose first exposure may have changed
 */
export async function incidentsNear(
  trx: Transaction,
  rollouts: ReadonlySet<number>,
  { steps, newFrom }: Pick<ChangedRollouts, 'steps' | 'newFrom'>,
  changes: readonly StreamChange[],
  attributionWindowMs: number,
): Promise<number[]> {
  // No incident is linked to a new rollout yet, and all steps of new rollouts are among those of the batch.
  const known = [...rollouts].filter(id => id < newFrom);
  const periods = periodsOf([...steps, ...(await stepsOf(trx, known))], attributionWindowMs);
  const found = await statement<{ id: number }>('incidents.find-near')`
    select link.incident_id as id
    from unnest(${idsOf(known)}) as given(id) cross join lateral (
      select incident_id from incident_rollout where incident_rollout.rollout_id = given.id offset 0
    ) as link
    union
    select incident.id
    from ${unnestRows(periods, { streamId: 'integer', from: 'bigint', to: 'bigint' })} cross join lateral (
      select id from incident
      where incident.stream_id = given."streamId"
        and incident.detected_at >= given.from and incident.detected_at <= given.to offset 0
    ) as incident
    union
    select incident.id
    from ${unnestRows(changes, { streamId: 'integer', changeId: 'bigint' })}
    cross join lateral (
      select given."changeId" as revision_id
      union all select change_artifact.artifact_id from change_artifact where change_artifact.change_id = given."changeId"
    ) as name
    cross join lateral (
      select incident_id from incident_revision where incident_revision.revision_id = name.revision_id offset 0
    ) as link
    cross join lateral (
      select id from incident where incident.id = link.incident_id and incident.stream_id = given."streamId" offset 0
    ) as incident`.execute(trx);
  return found.rows.map(row => row.id);
}

type StreamStep = Omit<Step, 'rolloutId'>;

async function stepsOf(trx: Transaction, rollouts: readonly number[]): Promise<StreamStep[]> {
  if (rollouts.length === 0) return [];
  const found = await statement<StreamStep>('steps.of-rollouts')`
    select step.stream_id as "streamId", step.at, step.weight
    from unnest(${idsOf(rollouts)}) as given(id) cross join lateral (
      select stream_id, at, weight from step where step.rollout_id = given.id offset 0
    ) as step`.execute(trx);
  return found.rows;
}

/** The periods in which an incident may be attributed to one of the steps; those that overlap are joined. */
function periodsOf(steps: readonly StreamStep[], attributionWindowMs: number) {
  const periods: { streamId: number; from: number; to: number }[] = [];
  const exposures = steps.filter(({ weight }) => weight > 0);
  for (const { streamId, at } of exposures.toSorted((a, b) => a.streamId - b.streamId || a.at - b.at)) {
    const last = periods.at(-1);
    if (last?.streamId === streamId && at <= last.to) last.to = at + attributionWindowMs;
    else periods.push({ streamId, from: at, to: at + attributionWindowMs });
  }
  return periods;
}

/**
 * Attributes incidents again. An incident belongs to the rollouts that it names or that name it; else to the last rollout
 * that carried a change that it names; else, where it names nothing, to the rollout with the newest exposure in the window
 * before its detection.
 */
export async function reattribute(
  trx: Transaction,
  incidents: ReadonlySet<number>,
  attributionWindowMs: number,
): Promise<Reattributed> {
  if (incidents.size === 0) return { rollouts: new Set(), incidents: new Set() };
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
    rollouts: new Set(changed.rows.map(row => row.rolloutId)),
    incidents: new Set(changed.rows.map(row => row.incidentId)),
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
