import type { Transaction } from '../schema/tables.ts';
import { rolloutsAt } from '../sql/lookups.ts';
import { arrayOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import type { Revisions } from '../write/revisions.ts';
import type { RolloutRevision } from '../write/rollout-details.ts';
import type { ChangedRollouts } from '../write/rollouts.ts';
import type { CarriedSpan } from './evaluate-streams.ts';

/** A change in a stream. */
export interface StreamChange {
  readonly streamId: number;
  readonly changeId: number;
}

/** Why the first exposure of a change in a stream may have changed. */
export interface ExposureCauses {
  readonly revisions: Pick<Revisions, 'changed' | 'newFrom'>;
  readonly rollouts: Pick<ChangedRollouts, 'named' | 'newFrom'>;
  /** Rollouts that were exposed at another time, or that count now or no longer count. */
  readonly regrouped: ReadonlySet<number>;
  /** Merge times that were carried before or are carried now. */
  readonly spans: readonly CarriedSpan[];
}

/**
 * The changes whose first exposure in a stream may have changed: those whose facts changed, in every stream of their
 * service; those that regrouped rollouts name; those that are named for the first time; those merged in the spans.
 */
export async function changesToObserve(
  trx: Transaction,
  { revisions, rollouts, regrouped, spans }: ExposureCauses,
): Promise<StreamChange[]> {
  const found = new Map<number, Set<number>>();
  const add = (streamId: number, changeId: number) => {
    const changes = found.get(streamId);
    if (changes) changes.add(changeId);
    else found.set(streamId, new Set([changeId]));
  };
  const streams = await streamsOf(trx, new Set(revisions.changed.values()));
  for (const [changeId, serviceId] of revisions.changed)
    for (const { id } of streams.get(serviceId) ?? []) add(id, changeId);
  for (const { streamId, revisionId } of rollouts.named) add(streamId, revisionId);
  for (const { streamId, changeId } of [
    ...(await changesOfArtifacts(trx, rollouts.named, revisions)),
    ...(await namedByKnown(trx, regrouped, rollouts)),
    ...(await mergedIn(trx, spans)),
  ])
    add(streamId, changeId);
  return [...found].flatMap(([streamId, changes]) => [...changes].map(changeId => ({ streamId, changeId })));
}

/** The streams of services, by service. */
async function streamsOf(trx: Transaction, services: ReadonlySet<number>) {
  if (services.size === 0) return new Map<number, never[]>();
  const found = await statement<{ id: number; serviceId: number }>('streams.of-services')`
    select stream.id, stream.service_id as "serviceId"
    from unnest(${arrayOf('integer', [...services])}) as given(id)
    cross join lateral (select id, service_id from stream where service_id = given.id offset 0) as stream`.execute(
    trx,
  );
  return Map.groupBy(found.rows, stream => stream.serviceId);
}

/** The changes that became newly named artifacts. A new revision of which nothing else is known is not looked up. */
async function changesOfArtifacts(
  trx: Transaction,
  named: readonly RolloutRevision[],
  { changed, newFrom }: ExposureCauses['revisions'],
): Promise<StreamChange[]> {
  const rows = named.filter(({ revisionId }) => revisionId < newFrom || changed.has(revisionId));
  if (rows.length === 0) return [];
  type Row = Pick<RolloutRevision, 'streamId' | 'revisionId'>;
  const found = await statement<StreamChange>('exposed-changes.of-artifacts')`
    select given."streamId", change_artifact.change_id as "changeId"
    from ${unnestRows<Row>(rows, { streamId: 'integer', revisionId: 'bigint' })}
    cross join lateral (
      select change_id from change_artifact where change_artifact.artifact_id = given."revisionId" offset 0
    ) as change_artifact`.execute(trx);
  return found.rows;
}

/**
 * What known rollouts name: all of it where they are regrouped, and their artifacts where they name new revisions,
 * because an artifact counts as a change for as long as the rollout names no change.
 */
async function namedByKnown(
  trx: Transaction,
  regrouped: ReadonlySet<number>,
  { named, newFrom }: ExposureCauses['rollouts'],
): Promise<StreamChange[]> {
  const rows = [...regrouped.union(new Set(named.map(({ rolloutId }) => rolloutId)))]
    .filter(id => id < newFrom)
    .map(id => ({ id, isRegrouped: regrouped.has(id) }));
  if (rows.length === 0) return [];
  const found = await statement<StreamChange>('exposed-changes.named')`
    select rollout.stream_id as "streamId", name.change_id as "changeId"
    from ${unnestRows(rows, { id: 'bigint', isRegrouped: 'boolean' })} ${rolloutsAt('given.id')}
    cross join lateral (
      select revision_id, is_artifact from rollout_revision where rollout_revision.rollout_id = given.id offset 0
    ) as rollout_revision
    cross join lateral (
      select rollout_revision.revision_id as change_id where given."isRegrouped" or rollout_revision.is_artifact
      union all
      select change_artifact.change_id from change_artifact
      where given."isRegrouped" and change_artifact.artifact_id = rollout_revision.revision_id
    ) as name`.execute(trx);
  return found.rows;
}

async function mergedIn(trx: Transaction, spans: readonly CarriedSpan[]): Promise<StreamChange[]> {
  if (spans.length === 0) return [];
  const found = await statement<StreamChange>('exposed-changes.carried')`
    select given."streamId", merged.id as "changeId"
    from ${unnestRows(spans, { streamId: 'integer', from: 'bigint', to: 'bigint' })}
    cross join lateral (select service_id from stream where stream.id = given."streamId" offset 0) as stream
    cross join lateral (
      select revision.id from revision
      where revision.service_id = stream.service_id
        and revision.merged_at > given.from and revision.merged_at <= given.to offset 0
    ) as merged`.execute(trx);
  return found.rows;
}
