import { sql } from 'kysely';
import type { StreamRollout } from '../../domain/delivery/evaluate.ts';
import type { SortKey } from '../../domain/delivery/sort-key.ts';

/** A position in a stream from which its rollouts have to be evaluated. */
export interface EvaluationStart extends SortKey {
  readonly streamId: number;
}

/** The types of an {@link EvaluationStart} as columns of a statement. */
export const startColumns = { streamId: 'integer', exposedAt: 'bigint', name: 'text' } as const;

/** A row of {@link streamRolloutColumns}. */
export interface StreamRolloutRow {
  readonly id: number;
  readonly streamId: number;
  readonly name: string;
  readonly exposedAt: number;
  readonly flag: boolean;
  readonly rolledBackAt: number | null;
  readonly isReturn: boolean;
  readonly returnedAt: number | null;
  readonly returnedBy: number | null;
}

/** What the evaluation has to know of a row of the table `rollout`. */
export const streamRolloutColumns = sql`rollout.id, rollout.stream_id as "streamId", rollout.name,
  rollout.exposed_at as "exposedAt", rollout.flag, rollout.rolled_back_at as "rolledBackAt",
  rollout.is_return as "isReturn", rollout.returned_at as "returnedAt", rollout.returned_by as "returnedBy"`;

export function streamRolloutOf(row: StreamRolloutRow): StreamRollout {
  const { id, name, exposedAt, flag, rolledBackAt, isReturn, returnedAt, returnedBy } = row;
  const returned = returnedAt === null || returnedBy === null ? null : { by: returnedBy, at: returnedAt };
  return { id, name, exposedAt, flag, rolledBackAt, isReturn, returned };
}

/** Whether the rollout is no return and was not rolled back before a time, given as a column. */
export const stoodAt = (time: string) => sql`(not rollout.is_return
  and (least(rollout.rolled_back_at, rollout.returned_at) < ${sql.ref(time)}) is not true)`;

/**
 * The revisions by which a rollout may name the same changes as a row `(rollout_id, revision_id)` of the table `from`:
 * the revision itself, the artifacts that it became, the changes that became it, and the other artifacts of those.
 * Without `offset 0`, PostgreSQL reads all change artifacts to find a few while it has no statistics of them.
 */
export function relatedRevisions(from: string) {
  const source = sql.ref(from);
  const artifactsOf = (change: string) => sql`
    cross join lateral (select artifact_id from change_artifact where change_artifact.change_id = ${sql.ref(change)} offset 0) as artifact`;
  const changesOf = (artifact: string) => sql`
    cross join lateral (select change_id from change_artifact where change_artifact.artifact_id = ${sql.ref(artifact)} offset 0) as change`;
  return sql`select rollout_id, revision_id from ${source}
    union select source.rollout_id, artifact.artifact_id
    from ${source} as source ${artifactsOf('source.revision_id')}
    union select source.rollout_id, change.change_id
    from ${source} as source ${changesOf('source.revision_id')}
    union select source.rollout_id, artifact.artifact_id
    from ${source} as source ${changesOf('source.revision_id')} ${artifactsOf('change.change_id')}`;
}
