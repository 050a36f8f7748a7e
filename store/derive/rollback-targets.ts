import { sql } from 'kysely';
import type { RollbackTarget } from '../../domain/delivery/evaluate.ts';
import { compareSortKeys } from '../../domain/delivery/sort-key.ts';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, rolloutsAt } from '../sql/lookups.ts';
import { inStream, namedBy } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import {
  type EvaluationStart,
  evaluationStartColumns,
  relatedRevisions,
  type StreamRolloutRow,
  stoodAt,
  streamRolloutColumns,
  streamRolloutOf,
} from './sort-keys.ts';

/** A rollout that is about to be evaluated. */
export interface TargetSeeker extends StreamRolloutRow {
  /** The same for rollouts of the same names; null where it names nothing. */
  readonly names: string | null;
}

/** Where a rollout may have come back to. */
export interface RollbackTargets {
  /** In the order of the stream. */
  readonly targets: readonly RollbackTarget[];
  readonly hasOlderTargets: boolean;
}

/** Of a name on many rollouts, how many of them before the entries are loaded. */
const lastOnes = 3;

/**
 * The earlier rollouts of the stream that exposed, by name, all that an entry names: those among the entries themselves, and
 * those before them that could be returned to when the first entry was exposed. Who could not then, cannot later.
 * @param segments the entries of each stream, contiguous and in order
 * @param namersMax from so many rollouts of a name on, only the last of those before the entries are looked for
 * @returns by entry, where there are any
 */
export async function loadRollbackTargets(
  trx: Transaction,
  segments: readonly (readonly TargetSeeker[])[],
  namersMax: number,
): Promise<Map<number, RollbackTargets>> {
  const groups = segments.flatMap(groupsOf);
  const asked = groups.filter(group => group.entries.some(entry => !entry.flag)).map(({ asked }) => asked);
  if (asked.length === 0) return new Map();
  const few = await ofFewNamers(trx, asked, groups, namersMax);
  const many = new Set(few.flatMap(row => (row.id === null ? row.entry : [])));
  const often = asked.filter(({ id }) => many.has(id));
  const found = [...few, ...(often.length === 0 ? [] : await alongTheStream(trx, often, groups))];
  const rowsOf = Map.groupBy(
    found.flatMap(row => (row.id === null ? [] : row)),
    row => row.entry,
  );
  const groupOf = new Map(groups.map(group => [group.asked.id, group]));
  const targets = new Map<number, RollbackTargets>();
  for (const { asked, entries } of groups) {
    const rows = rowsOf.get(asked.id) ?? [];
    const before = rows
      .filter(row => !row.within)
      .map(row => ({ ...streamRolloutOf(row), followed: row.followed }));
    before.sort(compareSortKeys);
    const like = rows.flatMap(row => (row.within ? (groupOf.get(row.id)?.entries ?? []) : []));
    const within = [...entries, ...like].map(entry => ({ ...streamRolloutOf(entry), followed: false }));
    within.sort(compareSortKeys);
    const hasOlderTargets = many.has(asked.id) && before.length === lastOnes;
    const indexOf = new Map(within.map(({ id }, index) => [id, index]));
    for (const entry of entries) {
      const earlier = within.slice(0, indexOf.get(entry.id));
      if (!entry.flag && before.length + earlier.length > 0)
        targets.set(entry.id, { targets: [...before, ...earlier], hasOlderTargets });
    }
  }
  return targets;
}

/** Stops of the same names, which have the same targets: the first one of them is asked for all. */
interface Group {
  readonly entries: readonly TargetSeeker[];
  /** With the place of the first entry of all. */
  readonly asked: Asked;
}

interface Asked extends EvaluationStart {
  readonly id: number;
}

function groupsOf(entries: readonly TargetSeeker[]): Group[] {
  const named = entries.filter(entry => entry.names !== null);
  return [...Map.groupBy(named, entry => entry.names).values()].flatMap(([one, ...others]) => {
    const first = entries[0];
    if (one === undefined || first === undefined) return [];
    const asked = { id: one.id, stream: first.stream, at: first.exposed, name: first.name };
    return { entries: [one, ...others], asked };
  });
}

const askedColumns = { id: 'bigint', ...evaluationStartColumns } as const;

interface TargetRow extends StreamRolloutRow {
  /** Who asked. */
  readonly entry: number;
  /** It was asked for others, too, and lies among the entries. */
  readonly within: boolean;
  readonly followed: boolean;
}

/** For each that asks whose name has many rollouts, a row without an target. */
type Found = TargetRow | { readonly entry: number; readonly id: null };

/** Rollouts are looked for by one of the names, then held against the others. */
async function ofFewNamers(
  trx: Transaction,
  asked: readonly Asked[],
  groups: readonly Group[],
  namersMax: number,
): Promise<Found[]> {
  const found = await sql<Found>`
    with entry as materialized (select * from ${unnestRows(asked, askedColumns)}),
    ${oneName},
    namer as materialized (
      select related.rollout_id as entry, rollout_revision.rollout_id as id
      from related cross join lateral (
        select rollout_revision.rollout_id from rollout_revision where rollout_revision.revision_id = related.revision_id limit ${namersMax}
      ) as rollout_revision
    ),
    many as materialized (select entry from namer group by entry having count(*) >= ${namersMax}),
    target as (
      select distinct entry, id from namer where id <> entry and entry not in (select entry from many)
    )
    select target.entry, ${isWithin} as within, ${streamRolloutColumns}, ${isFollowed}
    from target
    join entry on entry.id = target.entry
    ${rolloutsAt('target.id')}
    where rollout.stream_id = entry.stream and ${inStream('rollout')}
      and case when ${isWithin} then rollout.id = any(${idsOf(groups.map(group => group.asked.id))})
        else ${stoodAt('entry.at')} end
      and ${exposesAll('rollout.id')}
    union all
    select many.entry, null, ${streamRolloutColumns}, null from many left join rollout on false`.execute(trx);
  return found.rows;
}

/** Of the rollouts before the entries, only the last ones. */
async function alongTheStream(
  trx: Transaction,
  asked: readonly Asked[],
  groups: readonly Group[],
): Promise<TargetRow[]> {
  const among = groups.map(group => ({ id: group.asked.id, stream: group.asked.stream }));
  const found = await sql<TargetRow>`
    with entry as materialized (select * from ${unnestRows(asked, askedColumns)}),
    ${oneName}
    select entry.id as entry, false as within, ${streamRolloutColumns}, ${isFollowed}
    from entry
    cross join lateral (
      select array(select revision_id from related where related.rollout_id = entry.id) as revisions
    ) as one
    cross join lateral (
      select * from rollout
      where rollout.stream_id = entry.stream and ${inStream('rollout')}
        and (rollout.exposed_at, rollout.name) < (entry.at, entry.name) and ${stoodAt('entry.at')}
        and ${existsByLookup(sql`rollout_revision where rollout_revision.rollout_id = rollout.id and rollout_revision.revision_id = any(one.revisions)`)}
        and ${exposesAll('rollout.id')}
      order by rollout.exposed_at desc, rollout.name desc limit ${lastOnes}
    ) as rollout
    union all
    select entry.id, true, ${streamRolloutColumns}, false
    from entry
    join ${unnestRows(among, { id: 'bigint', stream: 'integer' }, 'other')} on other.stream = entry.stream and other.id <> entry.id
    ${rolloutsAt('other.id')}
    where ${exposesAll('other.id')}`.execute(trx);
  return found.rows;
}

/** The revisions by which a rollout may name what one of the names says: of the newest, which the fewest others will have. */
const oneName = sql`one_name as (
  select entry.id as rollout_id, one.revision_id
  from entry cross join lateral (
    select revision_id from rollout_revision where rollout_revision.rollout_id = entry.id order by revision_id desc limit 1
  ) as one
),
related as (${relatedRevisions('one_name')})`;

const isWithin = sql`((rollout.exposed_at, rollout.name) >= (entry.at, entry.name))`;

/** Whether one that counts stands between a rollout and the first entry. */
const isFollowed = sql`exists (
  select from rollout as other
  where other.stream_id = rollout.stream_id and ${inStream('other')} and not other.is_return and not other.flag
    and (other.exposed_at, other.name) > (rollout.exposed_at, rollout.name)
    and (other.exposed_at, other.name) < (entry.at, entry.name)
) as followed`;

/**
 * Whether a rollout exposed, by name, all that the entry names: it names it itself, or it names every change which
 * became it.
 */
const exposesAll = (rollout: string) =>
  sql`not ${existsByLookup(sql`rollout_revision
  where rollout_revision.rollout_id = entry.id and not (
    exists (select from ${namedBy(rollout)} as named
            where not rollout_revision.is_artifact and named.change_id = rollout_revision.revision_id)
    or exists (select from rollout_revision as same where same.rollout_id = ${sql.ref(rollout)}
            and rollout_revision.is_artifact and same.is_artifact and same.revision_id = rollout_revision.revision_id)
    or (${existsByLookup(sql`change_artifact where change_artifact.artifact_id = rollout_revision.revision_id`)} and not exists (
          select from change_artifact where change_artifact.artifact_id = rollout_revision.revision_id and not exists (
            select from ${namedBy(rollout)} as named where named.change_id = change_artifact.change_id)))
  )`)}`;

/** The same for rollouts of the same names; null where a rollout has none. */
export const namesKey = sql<string | null>`(
  select md5(string_agg(revision_id || case when is_artifact then 'a' else 'c' end, '' order by revision_id, is_artifact))
  from rollout_revision where rollout_revision.rollout_id = rollout.id)`;
