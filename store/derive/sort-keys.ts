import { sql } from 'kysely';
import type { StreamRollout } from '../../domain/delivery/evaluate.ts';

/** A start in a stream to walk from. */
export interface EvaluationStart {
  readonly stream: number;
  readonly at: number;
  readonly name: string;
}

export const evaluationStartColumns = { stream: 'integer', at: 'bigint', name: 'text' } as const;

/** A rollout in its stream, as {@link streamRolloutColumns} say it. */
export interface StreamRolloutRow {
  readonly id: number;
  readonly stream: number;
  readonly name: string;
  readonly exposed: number;
  readonly flag: boolean;
  readonly rolledBack: number | null;
  readonly isReturn: boolean;
  readonly returnedAt: number | null;
  readonly returnedBy: number | null;
}

export const streamRolloutColumns = sql`rollout.id, rollout.stream_id as stream, rollout.name, rollout.exposed_at as exposed, rollout.flag,
  rollout.rolled_back_at as "rolledBack", rollout.is_return as "isReturn",
  rollout.returned_at as "returnedAt", rollout.returned_by as "returnedBy"`;

export function streamRolloutOf(row: StreamRolloutRow): StreamRollout {
  const { id, name, exposed, flag, rolledBack, isReturn, returnedAt, returnedBy } = row;
  const returned = returnedAt === null || returnedBy === null ? null : { by: returnedBy, at: returnedAt };
  return { id, name, exposed, flag, rolledBack, isReturn, returned };
}

/** A rollout that is no return and was not rolled back before a moment: it counts, or is a flag rollout. */
export const stoodAt = (moment: string) => sql`(not rollout.is_return
  and (least(rollout.rolled_back_at, rollout.returned_at) < ${sql.ref(moment)}) is not true)`;

/**
 * The revisions by which a rollout may name the same as the rows `(rollout_id, revision_id)` of `from` do.
 * `offset 0` keeps PostgreSQL, where it has no statistics, from reading all change artifacts to find a few.
 */
export function relatedRevisions(from: string) {
  const source = sql.ref(from);
  const direct = sql`select rollout_id, revision_id from ${source}`;
  const artifactsOf = (change: string) => sql`
    cross join lateral (select artifact_id from change_artifact where change_artifact.change_id = ${sql.ref(change)} offset 0) as artifact`;
  const changesOf = (artifact: string) => sql`
    cross join lateral (select change_id from change_artifact where change_artifact.artifact_id = ${sql.ref(artifact)} offset 0) as change`;
  const became = sql`select source.rollout_id, artifact.artifact_id
    from ${source} as source ${artifactsOf('source.revision_id')}`;
  const madeOf = sql`select source.rollout_id, change.change_id
    from ${source} as source ${changesOf('source.revision_id')}`;
  const siblings = sql`select source.rollout_id, artifact.artifact_id
    from ${source} as source ${changesOf('source.revision_id')} ${artifactsOf('change.change_id')}`;
  return sql`${direct} union ${became} union ${madeOf} union ${siblings}`;
}
