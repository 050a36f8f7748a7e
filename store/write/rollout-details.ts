import { mustGet } from '../../domain/must.ts';
import type { Transaction } from '../schema/tables.ts';
import { unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import type { ReportedRollout } from './batch.ts';
import type { Revisions } from './revisions.ts';

/** A revision that a rollout names. */
export interface RolloutRevision {
  readonly rolloutId: number;
  readonly streamId: number;
  readonly revisionId: number;
  readonly isArtifact: boolean;
}

/** A weight, in percent, that a rollout has from a time on. */
export interface Step {
  readonly rolloutId: number;
  readonly streamId: number;
  readonly at: number;
  readonly weight: number;
}

/** What the batch reports of rollouts, with the ids of their rows. */
export interface StoredRollouts {
  /** New rollouts, of which nothing else is stored yet. */
  readonly made: readonly StoredRollout[];
  readonly known: readonly StoredRollout[];
}
export interface StoredRollout extends ReportedRollout {
  readonly id: number;
  readonly streamId: number;
}

/**
 * Inserts the revisions that rollouts name.
 * @returns those that were not known
 */
export async function insertRolloutRevisions(
  trx: Transaction,
  { made, known }: StoredRollouts,
  revisions: Revisions,
): Promise<RolloutRevision[]> {
  const ofMade = made.flatMap(rollout => revisionsOf(rollout, revisions));
  const ofKnown = known.flatMap(rollout => revisionsOf(rollout, revisions));
  type Row = Omit<RolloutRevision, 'streamId'>;
  const columns = { rolloutId: 'bigint', revisionId: 'bigint', isArtifact: 'boolean' } as const;
  if (ofMade.length > 0)
    await statement('rollout-revisions.insert')`
      insert into rollout_revision (rollout_id, revision_id, is_artifact)
      select "rolloutId", "revisionId", "isArtifact" from ${unnestRows<Row>(ofMade, columns)}`.execute(trx);
  if (ofKnown.length === 0) return ofMade;
  const inserted = await statement<Row>('rollout-revisions.insert-missing')`
    insert into rollout_revision (rollout_id, revision_id, is_artifact)
    select "rolloutId", "revisionId", "isArtifact" from ${unnestRows<Row>(ofKnown, columns)}
    on conflict do nothing
    returning rollout_id as "rolloutId", revision_id as "revisionId", is_artifact as "isArtifact"`.execute(
    trx,
  );
  const streams = new Map(known.map(({ id, streamId }) => [id, streamId]));
  const missing = inserted.rows.map(row => {
    return { ...row, streamId: mustGet(streams, row.rolloutId, 'stream of a rollout') };
  });
  return [...ofMade, ...missing];
}

function revisionsOf(rollout: StoredRollout, revisions: Revisions): RolloutRevision[] {
  const { id: rolloutId, streamId, service, facts } = rollout;
  const rolloutRevision = (name: string, isArtifact: boolean) => {
    return { rolloutId, streamId, revisionId: revisions.idOf(service, name), isArtifact };
  };
  return [
    ...[...facts.changes].map(name => rolloutRevision(name, false)),
    ...[...facts.artifacts].map(name => rolloutRevision(name, true)),
  ];
}

/**
 * Inserts the steps of rollouts, and raises the weight of those that are known with a lower one.
 * @returns the steps that were inserted or raised
 */
export async function upsertSteps(trx: Transaction, { made, known }: StoredRollouts): Promise<Step[]> {
  const ofMade = made.flatMap(stepsOf);
  const ofKnown = known.flatMap(stepsOf);
  const columns = {
    rolloutId: 'bigint',
    streamId: 'integer',
    at: 'bigint',
    weight: 'double precision',
  } as const;
  // Known rollouts come first: their ids are smaller, and the index has room for their rows where they belong.
  const upserted =
    ofKnown.length === 0
      ? []
      : (
          await statement<Step>('steps.upsert')`
            insert into step (rollout_id, stream_id, at, weight)
            select "rolloutId", "streamId", at, weight from ${unnestRows(ofKnown, columns)}
            on conflict (rollout_id, at) do update set weight = excluded.weight where excluded.weight > step.weight
            returning rollout_id as "rolloutId", stream_id as "streamId", at, weight`.execute(trx)
        ).rows;
  if (ofMade.length > 0)
    await statement('steps.insert')`
      insert into step (rollout_id, stream_id, at, weight)
      select "rolloutId", "streamId", at, weight from ${unnestRows(ofMade, columns)}`.execute(trx);
  return [...ofMade, ...upserted];
}

function stepsOf({ id: rolloutId, streamId, facts }: StoredRollout): Step[] {
  return [...facts.steps].map(([at, weight]) => ({ rolloutId, streamId, at, weight }));
}
