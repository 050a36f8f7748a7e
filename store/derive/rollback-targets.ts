import { sql } from 'kysely';
import type { RollbackTarget } from '../../domain/delivery/evaluate.ts';
import { compareSortKeys } from '../../domain/delivery/sort-key.ts';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, rolloutsAt } from '../sql/lookups.ts';
import { inStream, namedBy } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import {
  type EvaluationStart,
  relatedRevisions,
  type StreamRolloutRow,
  startColumns,
  stoodAt,
  streamRolloutColumns,
  streamRolloutOf,
} from './stream-rollouts.ts';

/** A rollout whose rollback targets are looked for. */
export interface TargetSeeker extends StreamRolloutRow {
  /** The same for rollouts that name the same revisions; null where it names none. */
  readonly namesKey: string | null;
}

/** The value of {@link TargetSeeker.namesKey}. */
export const namesKey = sql<string | null>`(
  select md5(string_agg(revision_id || case when is_artifact then 'a' else 'c' end, '' order by revision_id, is_artifact))
  from rollout_revision where rollout_revision.rollout_id = rollout.id)`;

/** Which earlier rollouts exposed, by name, all that a rollout names. */
export interface RollbackTargets {
  /** In the order of the stream. */
  readonly targets: readonly RollbackTarget[];
  /** Whether there may be targets before these that are not loaded. */
  readonly hasOlderTargets: boolean;
}

export const noTargets: RollbackTargets = { targets: [], hasOlderTargets: false };

/** How many targets before the entries are loaded of a rollout whose names many rollouts have. */
const targetsMax = 3;

/**
 * Loads the rollback targets of entries: of the entries themselves all, and of the rollouts before them those that were no
 * returns and not rolled back when the first entry was exposed. Later entries cannot return to any others.
 * @param segments the entries of each stream, contiguous and in order
 * @param namersMax where so many rollouts name the same, only the last targets before the entries are loaded
 * @returns by entry; entries without targets are left out
 */
export async function loadRollbackTargets(
  trx: Transaction,
  segments: readonly (readonly TargetSeeker[])[],
  namersMax: number,
): Promise<Map<number, RollbackTargets>> {
  const groups = segments.flatMap(groupsOf);
  const seekers = groups
    .filter(({ entries }) => entries.some(entry => !entry.flag))
    .map(({ seeker }) => seeker);
  if (seekers.length === 0) return new Map();
  const ofFew = await targetsOfFewNamers(trx, seekers, groups, namersMax);
  const many = new Set(ofFew.flatMap(row => (row.id === null ? row.seekerId : [])));
  const ofMany = await lastTargets(
    trx,
    seekers.filter(({ id }) => many.has(id)),
    groups,
  );
  const rowsOf = Map.groupBy(
    [...ofFew, ...ofMany].flatMap(row => (row.id === null ? [] : row)),
    row => row.seekerId,
  );
  const groupOf = new Map(groups.map(group => [group.seeker.id, group]));
  const targets = new Map<number, RollbackTargets>();
  for (const { seeker, entries } of groups) {
    const rows = rowsOf.get(seeker.id) ?? [];
    const before = rows
      .filter(row => !row.isEntry)
      .map(row => ({ ...streamRolloutOf(row), followed: row.followed }))
      .toSorted(compareSortKeys);
    const others = rows.flatMap(row => (row.isEntry ? (groupOf.get(row.id)?.entries ?? []) : []));
    const within = [...entries, ...others]
      .map(entry => ({ ...streamRolloutOf(entry), followed: false }))
      .toSorted(compareSortKeys);
    const indexOf = new Map(within.map(({ id }, index) => [id, index]));
    const hasOlderTargets = many.has(seeker.id) && before.length === targetsMax;
    for (const entry of entries) {
      const earlier = within.slice(0, indexOf.get(entry.id));
      if (!entry.flag && before.length + earlier.length > 0)
        targets.set(entry.id, { targets: [...before, ...earlier], hasOlderTargets });
    }
  }
  return targets;
}

/** Entries that name the same and thus have the same targets, which are looked for once. */
interface Group {
  readonly entries: readonly TargetSeeker[];
  readonly seeker: Seeker;
}

/** The first entry of a group, with the position of the first entry of the segment. */
interface Seeker extends EvaluationStart {
  readonly id: number;
}

const seekerColumns = { id: 'bigint', ...startColumns } as const;

function groupsOf(entries: readonly TargetSeeker[]): Group[] {
  const named = entries.filter(entry => entry.namesKey !== null);
  const [first] = entries;
  return [...Map.groupBy(named, entry => entry.namesKey).values()].flatMap(group => {
    const [one] = group;
    if (!first || !one) return [];
    const { streamId, exposedAt, name } = first;
    return { entries: group, seeker: { id: one.id, streamId, exposedAt, name } };
  });
}

interface TargetRow extends StreamRolloutRow {
  readonly seekerId: number;
  /** Whether it is an entry: the seeker of another group, whose entries are all targets. */
  readonly isEntry: boolean;
  readonly followed: boolean;
}

/** A row without a target stands for a seeker whose names many rollouts have. */
type FoundRow = TargetRow | { readonly seekerId: number; readonly id: null };

/** Looks for the rollouts that have one of the seeker's names, and compares their other names. */
async function targetsOfFewNamers(
  trx: Transaction,
  seekers: readonly Seeker[],
  groups: readonly Group[],
  namersMax: number,
): Promise<FoundRow[]> {
  const found = await statement<FoundRow>('rollback-targets.find')`
    with seeker as materialized (select * from ${unnestRows(seekers, seekerColumns)}),
    ${revisionsOfOneName},
    namer as materialized (
      select related.rollout_id as seeker_id, rollout_revision.rollout_id as id
      from related cross join lateral (
        select rollout_revision.rollout_id from rollout_revision where rollout_revision.revision_id = related.revision_id limit ${namersMax}
      ) as rollout_revision
    ),
    many as materialized (select seeker_id from namer group by seeker_id having count(*) >= ${namersMax}),
    target as (
      select distinct seeker_id, id from namer where id <> seeker_id and seeker_id not in (select seeker_id from many)
    )
    select target.seeker_id as "seekerId", ${isEntry} as "isEntry", ${streamRolloutColumns}, ${isFollowed} as followed
    from target
    join seeker on seeker.id = target.seeker_id
    ${rolloutsAt('target.id')}
    where rollout.stream_id = seeker."streamId" and ${inStream('rollout')}
      and case when ${isEntry} then rollout.id = any(${idsOf(groups.map(group => group.seeker.id))})
        else ${stoodAt('seeker.exposedAt')} end
      and ${exposesAll('rollout.id')}
    union all
    select many.seeker_id, null, ${streamRolloutColumns}, null from many left join rollout on false`.execute(
    trx,
  );
  return found.rows;
}

/** Looks back along the stream for the last targets before the entries, and through the entries. */
async function lastTargets(
  trx: Transaction,
  seekers: readonly Seeker[],
  groups: readonly Group[],
): Promise<TargetRow[]> {
  if (seekers.length === 0) return [];
  const others = groups.map(({ seeker: { id, streamId } }) => ({ id, streamId }));
  const found = await statement<TargetRow>('rollback-targets.find-last')`
    with seeker as materialized (select * from ${unnestRows(seekers, seekerColumns)}),
    ${revisionsOfOneName}
    select seeker.id as "seekerId", false as "isEntry", ${streamRolloutColumns}, ${isFollowed} as followed
    from seeker
    cross join lateral (
      select array(select revision_id from related where related.rollout_id = seeker.id) as revisions
    ) as one
    cross join lateral (
      select * from rollout
      where rollout.stream_id = seeker."streamId" and ${inStream('rollout')}
        and (rollout.exposed_at, rollout.name) < (seeker."exposedAt", seeker.name) and ${stoodAt('seeker.exposedAt')}
        and ${existsByLookup(sql`rollout_revision where rollout_revision.rollout_id = rollout.id and rollout_revision.revision_id = any(one.revisions)`)}
        and ${exposesAll('rollout.id')}
      order by rollout.exposed_at desc, rollout.name desc limit ${targetsMax}
    ) as rollout
    union all
    select seeker.id, true, ${streamRolloutColumns}, false
    from seeker
    join ${unnestRows(others, { id: 'bigint', streamId: 'integer' }, 'other')}
      on other."streamId" = seeker."streamId" and other.id <> seeker.id
    ${rolloutsAt('other.id')}
    where ${exposesAll('other.id')}`.execute(trx);
  return found.rows;
}

/**
 * The revisions by which a rollout may name the same as one name of a seeker: its newest, which the fewest other rollouts
 * are likely to have.
 */
const revisionsOfOneName = sql`one_name as (
  select seeker.id as rollout_id, one.revision_id
  from seeker cross join lateral (
    select revision_id from rollout_revision where rollout_revision.rollout_id = seeker.id order by revision_id desc limit 1
  ) as one
),
related as (${relatedRevisions('one_name')})`;

/** Whether a rollout is exposed no earlier than the first entry. */
const isEntry = sql`((rollout.exposed_at, rollout.name) >= (seeker."exposedAt", seeker.name))`;

/** Whether a rollout that counts was exposed between a rollout and the first entry. */
const isFollowed = sql`exists (
  select from rollout as other
  where other.stream_id = rollout.stream_id and ${inStream('other')} and not other.is_return and not other.flag
    and (other.exposed_at, other.name) > (rollout.exposed_at, rollout.name)
    and (other.exposed_at, other.name) < (seeker."exposedAt", seeker.name)
)`;

/**
 * Whether a rollout exposed, by name, all that the seeker names: each name is one of its own, or it names every change that
 * became this artifact.
 */
const exposesAll = (rollout: string) =>
  sql`not ${existsByLookup(sql`rollout_revision
  where rollout_revision.rollout_id = seeker.id and not (
    exists (select from ${namedBy(rollout)} as named
            where not rollout_revision.is_artifact and named.change_id = rollout_revision.revision_id)
    or exists (select from rollout_revision as same where same.rollout_id = ${sql.ref(rollout)}
            and rollout_revision.is_artifact and same.is_artifact and same.revision_id = rollout_revision.revision_id)
    or (${existsByLookup(sql`change_artifact where change_artifact.artifact_id = rollout_revision.revision_id`)} and not exists (
          select from change_artifact where change_artifact.artifact_id = rollout_revision.revision_id and not exists (
            select from ${namedBy(rollout)} as named where named.change_id = change_artifact.change_id)))
  )`)}`;
