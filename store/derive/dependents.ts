import { sql } from 'kysely';
import { returnReachMs } from '../../domain/delivery/evaluate.ts';
import type { Transaction } from '../schema/tables.ts';
import { given, inLine, rolloutsAt } from '../sql/fragments.ts';
import { relatedLabels, type Start, startColumns } from './sort-keys.ts';

/** A rollout on which later ones may hang, and the place up to which those were walked already. */
export interface ChangedRollout extends Start {
  readonly id: number;
}

/**
 * Places further on whose relations may hang on one of these: returns that may reach it, and rollouts that name the same.
 * @param changed those of one line all with the same place
 */
export async function dependents(trx: Transaction, changed: readonly ChangedRollout[]): Promise<Start[]> {
  if (changed.length === 0) return [];
  const found = await sql<Start>`
    with changed as materialized (
      select given.*, least(rollout.exposed_at, rollout.placed_at) + ${returnReachMs}::bigint as reach
      from ${given(changed, { id: 'bigint', ...startColumns })} ${rolloutsAt('given.id')}
    ),
    walked as materialized (
      select line, at, name, max(reach) as reach from changed group by line, at, name
    ),
    names as (
      select distinct changed.line as rollout_id, naming.label_id
      from changed cross join lateral (
        select label_id from naming where naming.rollout_id = changed.id offset 0
      ) as naming
    ),
    related(line, label_id) as (${relatedLabels('names')})
    select rollout.line_id as line, rollout.exposed_at as at, rollout.name
    from walked join rollout on rollout.line_id = walked.line and ${inLine('rollout')} and rollout.is_return
      and rollout.exposed_at >= walked.at and rollout.exposed_at <= walked.reach
      and (rollout.exposed_at, rollout.name) > (walked.at, walked.name)
    union
    select rollout.line_id, rollout.exposed_at, rollout.name
    from walked join related on related.line = walked.line
    cross join lateral (
      select naming.rollout_id from naming where naming.label_id = related.label_id offset 0
    ) as naming
    ${rolloutsAt('naming.rollout_id')}
    where rollout.line_id = walked.line and ${inLine('rollout')}
      and (rollout.exposed_at, rollout.name) > (walked.at, walked.name)`.execute(trx);
  return found.rows;
}
