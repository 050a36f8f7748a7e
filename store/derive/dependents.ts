import { sql } from 'kysely';
import { returnReachMs } from '../../domain/delivery/evaluate.ts';
import type { Transaction } from '../schema/tables.ts';
import { rolloutsAt } from '../sql/lookups.ts';
import { inStream } from '../sql/rollouts.ts';
import { unnestRows } from '../sql/rows.ts';
import { type EvaluationStart, evaluationStartColumns, relatedRevisions } from './sort-keys.ts';

/** A rollout on which later ones may hang, and the start up to which those were evaluated already. */
export interface ChangedRollout extends EvaluationStart {
  readonly id: number;
}

/**
 * Places further on whose relations may hang on one of these: returns that may reach it, and rollouts that name the same.
 * @param changed those of one stream all with the same start
 */
export async function dependents(
  trx: Transaction,
  changed: readonly ChangedRollout[],
): Promise<EvaluationStart[]> {
  if (changed.length === 0) return [];
  const found = await sql<EvaluationStart>`
    with changed as materialized (
      select given.*, least(rollout.exposed_at, rollout.sorted_at) + ${returnReachMs}::bigint as reach
      from ${unnestRows(changed, { id: 'bigint', ...evaluationStartColumns })} ${rolloutsAt('given.id')}
    ),
    evaluated as materialized (
      select stream, at, name, max(reach) as reach from changed group by stream, at, name
    ),
    names as (
      select distinct changed.stream as rollout_id, rollout_revision.revision_id
      from changed cross join lateral (
        select revision_id from rollout_revision where rollout_revision.rollout_id = changed.id offset 0
      ) as rollout_revision
    ),
    related(stream, revision_id) as (${relatedRevisions('names')})
    select rollout.stream_id as stream, rollout.exposed_at as at, rollout.name
    from evaluated join rollout on rollout.stream_id = evaluated.stream and ${inStream('rollout')} and rollout.is_return
      and rollout.exposed_at >= evaluated.at and rollout.exposed_at <= evaluated.reach
      and (rollout.exposed_at, rollout.name) > (evaluated.at, evaluated.name)
    union
    select rollout.stream_id, rollout.exposed_at, rollout.name
    from evaluated join related on related.stream = evaluated.stream
    cross join lateral (
      select rollout_revision.rollout_id from rollout_revision where rollout_revision.revision_id = related.revision_id offset 0
    ) as rollout_revision
    ${rolloutsAt('rollout_revision.rollout_id')}
    where rollout.stream_id = evaluated.stream and ${inStream('rollout')}
      and (rollout.exposed_at, rollout.name) > (evaluated.at, evaluated.name)`.execute(trx);
  return found.rows;
}
