import { type Entry, type Relation, returnReachMs, type Segment } from '../../domain/delivery/evaluate.ts';
import { compareSortKeys } from '../../domain/delivery/sort-key.ts';
import type { Transaction } from '../schema/tables.ts';
import { inStream, namedBy } from '../sql/rollouts.ts';
import { unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import {
  loadRollbackTargets,
  namesKey,
  noTargets,
  type RollbackTargets,
  type TargetSeeker,
} from './rollback-targets.ts';
import {
  type EvaluationStart,
  type StreamRolloutRow,
  startColumns,
  stoodAt,
  streamRolloutColumns,
  streamRolloutOf,
} from './stream-rollouts.ts';

/** An entry with its relation as stored. */
export interface StreamEntry extends Entry, RollbackTargets {
  /** null: it was never evaluated, or at another position. */
  readonly stored: Relation | null;
  /** Whether its facts changed since it was evaluated. */
  readonly isStale: boolean;
}

/** A segment of a stream, ready to be evaluated. */
export interface StreamSegment extends Segment<StreamEntry> {
  readonly streamId: number;
  /** The first rollout after the entries, with its base as stored; null where the stream ends with them. */
  readonly next: (EvaluationStart & Pick<Relation, 'base'>) | null;
}

interface EntryRow extends TargetSeeker {
  readonly sortedAt: number | null;
  readonly base: number | null;
  readonly head: number | null;
  readonly ownHead: number | null;
}

/** Reading so many rollouts that name the same costs about as much as evaluating one entry. */
const namersPerEntry = 4;

/**
 * Loads up to `entriesMax` rollouts of each stream from its start on, with what has to be known of the rollouts before them.
 * @param stale rollouts whose facts changed since they were evaluated
 */
export async function loadSegments(
  trx: Transaction,
  starts: readonly EvaluationStart[],
  entriesMax: number,
  stale: ReadonlySet<number>,
): Promise<StreamSegment[]> {
  const found = Map.groupBy(await loadEntries(trx, starts, entriesMax + 1), row => row.streamId);
  const bases = await loadBases(trx, starts);
  const entries = new Map([...found].map(([streamId, rows]) => [streamId, rows.slice(0, entriesMax)]));
  const targets = await loadRollbackTargets(trx, [...entries.values()], namersPerEntry * entriesMax);
  const before = Map.groupBy(await loadBefore(trx, [...entries.values()], targets), row => row.streamId);
  return starts.map(({ streamId }) => ({
    streamId,
    base: bases.get(streamId) ?? null,
    before: (before.get(streamId) ?? []).map(streamRolloutOf),
    entries: (entries.get(streamId) ?? []).map(row => ({
      ...streamRolloutOf(row),
      ownHead: row.ownHead,
      ...(targets.get(row.id) ?? noTargets),
      stored:
        row.sortedAt === row.exposedAt ? { isReturn: row.isReturn, base: row.base, head: row.head } : null,
      isStale: stale.has(row.id),
    })),
    next: found.get(streamId)?.[entriesMax] ?? null,
  }));
}

async function loadEntries(
  trx: Transaction,
  starts: readonly EvaluationStart[],
  limit: number,
): Promise<EntryRow[]> {
  const found = await statement<EntryRow>('segments.find-entries')`
    select ${streamRolloutColumns}, rollout.sorted_at as "sortedAt", rollout.base, rollout.head,
      (select max((
         select revision.merged_at from revision
         where revision.id = named.change_id and revision.merged_at <= rollout.exposed_at))
       from ${namedBy('rollout.id')} as named) as "ownHead",
      ${namesKey} as "namesKey"
    from ${unnestRows(starts, startColumns)}
    cross join lateral (
      select * from rollout
      where rollout.stream_id = given."streamId" and ${inStream('rollout')}
        and (rollout.exposed_at, rollout.name) >= (given."exposedAt", given.name)
      order by rollout.exposed_at, rollout.name limit ${limit}
    ) as rollout
    order by rollout.stream_id, rollout.exposed_at, rollout.name`.execute(trx);
  return found.rows;
}

/** The latest head before each start, by stream. */
async function loadBases(
  trx: Transaction,
  starts: readonly EvaluationStart[],
): Promise<Map<number, number | null>> {
  const found = await statement<{ streamId: number; base: number | null }>('segments.find-bases')`
    select given."streamId", greatest(rollout.base, rollout.head) as base
    from ${unnestRows(starts, startColumns)}
    cross join lateral (
      select base, head from rollout
      where rollout.stream_id = given."streamId" and ${inStream('rollout')}
        and (rollout.exposed_at, rollout.name) < (given."exposedAt", given.name)
      order by rollout.exposed_at desc, rollout.name desc limit 1
    ) as rollout`.execute(trx);
  return new Map(found.rows.map(({ streamId, base }) => [streamId, base]));
}

/** The rollouts before the entries that {@link Segment.before} asks for. */
async function loadBefore(
  trx: Transaction,
  segments: readonly (readonly EntryRow[])[],
  targets: ReadonlyMap<number, RollbackTargets>,
): Promise<StreamRolloutRow[]> {
  const reaches = segments.flatMap(entries => {
    const [first] = entries;
    // The first target of each entry is its earliest one.
    const [since] = entries.flatMap(({ id }) => targets.get(id)?.targets[0] ?? []).toSorted(compareSortKeys);
    if (!first || !since) return [];
    const { streamId, exposedAt, name } = first;
    return { streamId, exposedAt, name, sinceAt: since.exposedAt, sinceName: since.name };
  });
  const returns = segments.flatMap(entries =>
    entries.flatMap(({ id, isReturn }) => {
      const [first] = entries;
      return first && isReturn ? { id, exposedAt: first.exposedAt, name: first.name } : [];
    }),
  );
  if (reaches.length === 0 && returns.length === 0) return [];
  const found = await statement<StreamRolloutRow>('segments.find-before')`
    select ${streamRolloutColumns}
    from ${unnestRows(reaches, { ...startColumns, sinceAt: 'bigint', sinceName: 'text' })}
    join rollout on rollout.stream_id = given."streamId" and ${inStream('rollout')}
      and (rollout.exposed_at, rollout.name) < (given."exposedAt", given.name)
      and (rollout.exposed_at, rollout.name) > (given."sinceAt", given."sinceName")
      and rollout.exposed_at >= given."exposedAt" - ${returnReachMs}::bigint
      and (not rollout.flag and ${stoodAt('given.exposedAt')} or rollout.is_return and rollout.exposed_at = given."exposedAt")
    union
    select ${streamRolloutColumns}
    from ${unnestRows(returns, { id: 'bigint', exposedAt: 'bigint', name: 'text' })}
    cross join lateral (select * from rollout where rollout.returned_by = given.id offset 0) as rollout
    where (rollout.exposed_at, rollout.name) < (given."exposedAt", given.name)`.execute(trx);
  return found.rows.toSorted(compareSortKeys);
}
