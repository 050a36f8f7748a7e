import { returnReachMs } from '../../domain/delivery/evaluate.ts';
import type { Transaction } from '../schema/tables.ts';
import { rolloutsAt } from '../sql/lookups.ts';
import { inStream, namersOf } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { type EvaluationStart, relatedRevisions, startColumns } from './stream-rollouts.ts';

/** A rollout that a batch changed, with its relation as stored. */
export interface AffectedRollout {
  readonly id: number;
  readonly streamId: number;
  readonly name: string;
  readonly exposedAt: number | null;
  readonly drill: boolean;
  /** Its exposure when it was last evaluated; null: it did not stand in its stream. */
  readonly sortedAt: number | null;
  readonly isReturn: boolean;
  readonly returnedBy: number | null;
  readonly base: number | null;
  readonly head: number | null;
}

/** A rollout that changed, with the position up to which its stream has been evaluated since. */
export interface ChangedRollout extends EvaluationStart {
  readonly id: number;
}

/** The given rollouts, and those that name one of the given changes. */
export async function loadAffected(
  trx: Transaction,
  rollouts: ReadonlySet<number>,
  changes: ReadonlySet<number>,
): Promise<AffectedRollout[]> {
  const ids = rollouts.union(new Set(await rolloutsNaming(trx, changes)));
  if (ids.size === 0) return [];
  const found = await statement<AffectedRollout>('evaluation.find-affected')`
    select rollout.id, stream_id as "streamId", name, exposed_at as "exposedAt", drill, sorted_at as "sortedAt",
      is_return as "isReturn", returned_by as "returnedBy", base, head
    from unnest(${idsOf(ids)}) as given(id) ${rolloutsAt('given.id')}`.execute(trx);
  return found.rows;
}

async function rolloutsNaming(trx: Transaction, changes: ReadonlySet<number>): Promise<number[]> {
  if (changes.size === 0) return [];
  const found = await statement<{ id: number }>('evaluation.find-namers')`
    select distinct namer.rollout_id as id
    from unnest(${idsOf(changes)}) as given(id) cross join lateral ${namersOf('given.id')} as namer`.execute(
    trx,
  );
  return found.rows.map(row => row.id);
}

/** The positions of a rollout in its stream: where it stands now, and where it stood. */
export function startsOf({ streamId, name, exposedAt, drill, sortedAt }: AffectedRollout): EvaluationStart[] {
  const starts: EvaluationStart[] = [];
  if (exposedAt !== null && !drill) starts.push({ streamId, exposedAt, name });
  if (sortedAt !== null && (sortedAt !== exposedAt || drill))
    starts.push({ streamId, exposedAt: sortedAt, name });
  return starts;
}

/**
 * The rollouts further on whose relation may depend on one of the changed ones: returns that may roll it back, and
 * rollouts that name the same.
 * @param changed all those of one stream with the same position
 */
export async function dependents(
  trx: Transaction,
  changed: readonly ChangedRollout[],
): Promise<EvaluationStart[]> {
  if (changed.length === 0) return [];
  const found = await statement<EvaluationStart>('evaluation.find-dependents')`
    with changed as materialized (
      select given.*, least(rollout.exposed_at, rollout.sorted_at) + ${returnReachMs}::bigint as reach
      from ${unnestRows(changed, { id: 'bigint', ...startColumns })} ${rolloutsAt('given.id')}
    ),
    evaluated as materialized (
      select "streamId", "exposedAt", name, max(reach) as reach from changed group by "streamId", "exposedAt", name
    ),
    names as (
      select distinct changed."streamId" as rollout_id, rollout_revision.revision_id
      from changed cross join lateral (
        select revision_id from rollout_revision where rollout_revision.rollout_id = changed.id offset 0
      ) as rollout_revision
    ),
    related(stream_id, revision_id) as (${relatedRevisions('names')})
    select rollout.stream_id as "streamId", rollout.exposed_at as "exposedAt", rollout.name
    from evaluated join rollout on rollout.stream_id = evaluated."streamId" and ${inStream('rollout')} and rollout.is_return
      and rollout.exposed_at >= evaluated."exposedAt" and rollout.exposed_at <= evaluated.reach
      and (rollout.exposed_at, rollout.name) > (evaluated."exposedAt", evaluated.name)
    union
    select rollout.stream_id, rollout.exposed_at, rollout.name
    from evaluated join related on related.stream_id = evaluated."streamId"
    cross join lateral (
      select rollout_revision.rollout_id from rollout_revision where rollout_revision.revision_id = related.revision_id offset 0
    ) as rollout_revision
    ${rolloutsAt('rollout_revision.rollout_id')}
    where rollout.stream_id = evaluated."streamId" and ${inStream('rollout')}
      and (rollout.exposed_at, rollout.name) > (evaluated."exposedAt", evaluated.name)`.execute(trx);
  return found.rows;
}
