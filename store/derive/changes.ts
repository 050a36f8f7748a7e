import { sql } from 'kysely';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, revisionsAt, rolloutsAt } from '../sql/lookups.ts';
import { measureId } from '../sql/measures.ts';
import { carrierOf, counted, namersOf } from '../sql/rollouts.ts';
import { arrayOf, unnestRows } from '../sql/rows.ts';
import type { Revisions } from '../write/revisions.ts';
import type { ChangedRollouts, RolloutRevision } from '../write/rollouts.ts';
import type { Span } from './evaluate-streams.ts';
import { type ChangedSince, noChanges, replaceObservations } from './observations.ts';

/** A change in a stream, both by id. */
export interface StreamChange {
  readonly stream: number;
  readonly change: number;
}

/** Why changes may have another first exposure than before. */
export interface Regrouping {
  /** What became known of changes. */
  readonly revisions: Pick<Revisions, 'changed' | 'newFrom'>;
  /** Rollouts whose exposure is another, or counts now, or does not any more. */
  readonly regrouped: ReadonlySet<number>;
  /** Names that are new, and from which rollout on all are. */
  readonly rollouts: Pick<ChangedRollouts, 'named' | 'newFrom'>;
  /** Merge times that were or are carried. */
  readonly spans: readonly Span[];
}

/**
 * The changes whose first exposure in a stream may be another now: those whose facts changed, in every stream of
 * their service; those that these rollouts name; names that are new; those merged in a span that was or is carried.
 */
export async function changesToObserve(
  trx: Transaction,
  { revisions, regrouped, rollouts, spans }: Regrouping,
): Promise<StreamChange[]> {
  const found = new Map<number, Set<number>>();
  const add = (stream: number, change: number) => {
    const changes = found.get(stream);
    if (changes) changes.add(change);
    else found.set(stream, new Set([change]));
  };
  const streams = Map.groupBy(
    await streamsOf(trx, new Set(revisions.changed.values())),
    stream => stream.service,
  );
  for (const [change, service] of revisions.changed)
    for (const { stream } of streams.get(service) ?? []) add(stream, change);
  for (const { stream, revision } of rollouts.named) add(stream, revision);
  for (const { stream, change } of await madeOf(trx, rollouts.named, revisions)) add(stream, change);
  for (const { stream, change } of await namedByOld(trx, regrouped, rollouts)) add(stream, change);
  for (const { stream, change } of await mergedIn(trx, spans)) add(stream, change);
  return [...found].flatMap(([stream, changes]) => [...changes].map(change => ({ stream, change })));
}

async function streamsOf(trx: Transaction, services: ReadonlySet<number>) {
  if (services.size === 0) return [];
  const found = await sql<{ stream: number; service: number }>`
    select stream.id as stream, stream.service_id as service
    from unnest(${arrayOf('integer', [...services])}) as given(service)
    cross join lateral (select id, service_id from stream where service_id = given.service offset 0) as stream`.execute(
    trx,
  );
  return found.rows;
}

/** The changes that became what is named. A revision that is new and of which nothing else is known stands for none. */
async function madeOf(
  trx: Transaction,
  named: readonly RolloutRevision[],
  { changed, newFrom }: Regrouping['revisions'],
): Promise<StreamChange[]> {
  const rows = named
    .filter(({ revision }) => revision < newFrom || changed.has(revision))
    .map(({ stream, revision }) => ({ stream, revision }));
  if (rows.length === 0) return [];
  const found = await sql<StreamChange>`
    select given.stream, change_artifact.change_id as change
    from ${unnestRows(rows, { stream: 'integer', revision: 'bigint' })}
    cross join lateral (select change_id from change_artifact where change_artifact.artifact_id = given.revision offset 0) as change_artifact`.execute(
    trx,
  );
  return found.rows;
}

/**
 * What the rollouts name that were there before: all of it where they are regrouped; where they have new names the
 * artifacts, which stand for themselves only as long as no change is named.
 */
async function namedByOld(
  trx: Transaction,
  regrouped: ReadonlySet<number>,
  { named, newFrom }: Regrouping['rollouts'],
): Promise<StreamChange[]> {
  const rows = [...regrouped.union(new Set(named.map(({ rollout }) => rollout)))]
    .filter(id => id < newFrom)
    .map(id => ({ id, whole: regrouped.has(id) }));
  if (rows.length === 0) return [];
  const found = await sql<StreamChange>`
    select rollout.stream_id as stream, name.change_id as change
    from ${unnestRows(rows, { id: 'bigint', whole: 'boolean' })} ${rolloutsAt('given.id')}
    cross join lateral (
      select revision_id, is_artifact from rollout_revision where rollout_revision.rollout_id = given.id offset 0
    ) as rollout_revision
    cross join lateral (
      select rollout_revision.revision_id as change_id where given.whole or rollout_revision.is_artifact
      union all
      select change_artifact.change_id from change_artifact where given.whole and change_artifact.artifact_id = rollout_revision.revision_id
    ) as name`.execute(trx);
  return found.rows;
}

async function mergedIn(trx: Transaction, spans: readonly Span[]): Promise<StreamChange[]> {
  if (spans.length === 0) return [];
  const found = await sql<StreamChange>`
    select given.stream, merged.id as change
    from ${unnestRows(spans, { stream: 'integer', from: 'bigint', to: 'bigint' })}
    cross join lateral (select service_id from stream where stream.id = given.stream offset 0) as stream
    cross join lateral (
      select revision.id from revision
      where revision.service_id = stream.service_id
        and revision.merged_at > given.from and revision.merged_at <= given.to offset 0
    ) as merged`.execute(trx);
  return found.rows;
}

/**
 * Writes the observations of these changes anew: lead time and stages, each placed at the first exposure.
 * @param newFrom revisions from this one on are new
 */
export async function observeChanges(
  trx: Transaction,
  changes: readonly StreamChange[],
  newFrom: number,
): Promise<ChangedSince> {
  if (changes.length === 0) return noChanges;
  return replaceObservations(trx, {
    stream: 'stream',
    subject: 'change',
    newFrom,
    measures: ['lead_time', 'created_to_merged', 'exposed_to_full', 'merge_unknown', 'merged_after_exposure'],
    with: sql`touched as materialized (
      select * from ${unnestRows(changes, { stream: 'integer', change: 'bigint' })}
    ),
    merged as (
      select touched.stream, touched.change, revision.created_at, revision.merged_at, first.exposed_at, first.full_at
      from touched
      ${revisionsAt('touched.change')}
      cross join lateral (
        select * from (
          (select rollout.exposed_at, rollout.name, rollout.full_at
           from ${namersOf('revision.id')} as namer ${rolloutsAt('namer.rollout_id')}
           where rollout.stream_id = touched.stream and ${counted('rollout')}
           order by rollout.exposed_at, rollout.name limit 1)
          union all
          ${carrierOf('touched.stream', 'revision.merged_at')}
        ) as carrier
        order by exposed_at, name limit 1
      ) as first
      where revision.merged_at is not null
    ),
    unmerged as (
      select touched.stream, touched.change, min(rollout.exposed_at) as exposed_at
      from touched
      ${revisionsAt('touched.change')}
      cross join lateral (
        select rollout_id, is_artifact from rollout_revision
        where revision.merged_at is null and rollout_revision.revision_id = revision.id offset 0
      ) as rollout_revision
      ${rolloutsAt('rollout_revision.rollout_id')}
      where revision.merged_at is null and rollout.stream_id = touched.stream and ${counted('rollout')}
        and not ${existsByLookup(sql`change_artifact where change_artifact.artifact_id = revision.id`)}
        and not (rollout_revision.is_artifact and ${existsByLookup(
          sql`rollout_revision as other where other.rollout_id = rollout_revision.rollout_id and not other.is_artifact`,
        )})
      group by touched.stream, touched.change
    ),
    wanted(stream_id, measure, subject, at, value) as (
      select stream, ${measureId('lead_time')}, change, exposed_at, exposed_at - merged_at
      from merged where exposed_at >= merged_at
      union all
      select stream, ${measureId('created_to_merged')}, change, exposed_at, merged_at - created_at
      from merged where exposed_at >= merged_at and created_at <= merged_at
      union all
      select stream, ${measureId('exposed_to_full')}, change, exposed_at, full_at - exposed_at
      from merged where exposed_at >= merged_at and full_at is not null
      union all
      select stream, ${measureId('merged_after_exposure')}, change, exposed_at, merged_at - exposed_at
      from merged where exposed_at < merged_at
      union all
      select stream, ${measureId('merge_unknown')}, change, exposed_at, 0 from unmerged
    )`,
  });
}
