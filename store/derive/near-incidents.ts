import type { Transaction } from '../schema/tables.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import type { Step } from '../write/rollout-details.ts';
import type { ChangedRollouts } from '../write/rollouts.ts';
import type { StreamChange } from './exposed-changes.ts';

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
): Promise<ReadonlySet<number>> {
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
  return new Set(found.rows.map(row => row.id));
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
