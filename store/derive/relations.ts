import type { Relation, Returned } from '../../domain/delivery/evaluate.ts';
import { compareSortKeys } from '../../domain/delivery/sort-key.ts';
import { earliest, latest } from '../../domain/events/time.ts';
import type { Transaction } from '../schema/tables.ts';
import { inStream } from '../sql/rollouts.ts';
import { arrayOf, idsOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import type { AffectedRollout, ChangedRollout } from './affected-rollouts.ts';

/** A rollout that is about to be inserted. */
export interface NewRollout {
  readonly streamId: number;
  readonly name: string;
  readonly exposedAt: number | null;
  readonly flag: boolean;
  readonly drill: boolean;
  /** The latest merge among its changes that is not after its exposure. */
  readonly ownHead: number | null;
}

/**
 * The relations that new rollouts will most likely have: at the end of their streams, and returns of nothing. They are
 * inserted so, and the evaluation seldom has to write them again. Rollouts that come late are left out.
 */
export async function expectedRelations<T extends NewRollout>(
  trx: Transaction,
  rollouts: readonly T[],
): Promise<ReadonlyMap<T, Relation>> {
  const expected = new Map<T, Relation>();
  const positioned = rollouts.flatMap(rollout => {
    const { exposedAt, name, drill } = rollout;
    return exposedAt === null || drill ? [] : { rollout, exposedAt, name };
  });
  const streams = Map.groupBy(positioned, ({ rollout }) => rollout.streamId);
  const lasts = await lastRollouts(trx, [...streams.keys()]);
  for (const [streamId, own] of streams) {
    const last = lasts.get(streamId);
    let base = last?.base ?? null;
    for (const { rollout, ...position } of own.toSorted(compareSortKeys)) {
      if (last && compareSortKeys(position, last) < 0) continue;
      const head = rollout.flag ? null : rollout.ownHead;
      expected.set(rollout, { isReturn: false, base, head });
      base = latest(base, head);
    }
  }
  return expected;
}

interface LastRollout {
  readonly streamId: number;
  readonly exposedAt: number;
  readonly name: string;
  /** The base of a rollout after it. */
  readonly base: number | null;
}

async function lastRollouts(
  trx: Transaction,
  streamIds: readonly number[],
): Promise<ReadonlyMap<number, LastRollout>> {
  if (streamIds.length === 0) return new Map();
  const found = await statement<LastRollout>('streams.find-last-rollouts')`
    select given.id as "streamId", last.exposed_at as "exposedAt", last.name, greatest(last.base, last.head) as base
    from unnest(${arrayOf('integer', streamIds)}) as given(id)
    cross join lateral (
      select exposed_at, name, base, head from rollout
      where rollout.stream_id = given.id and ${inStream('rollout')}
      order by rollout.exposed_at desc, rollout.name desc limit 1
    ) as last`.execute(trx);
  return new Map(found.rows.map(row => [row.streamId, row]));
}

/** Saves the relations of evaluated rollouts, by id, with the position at which they were evaluated. */
export async function saveRelations(
  trx: Transaction,
  relations: ReadonlyMap<number, Relation>,
): Promise<void> {
  if (relations.size === 0) return;
  const rows = [...relations].map(([id, { isReturn, base, head }]) => ({ id, isReturn, base, head }));
  await statement('relations.save')`
    update rollout set sorted_at = exposed_at, is_return = given."isReturn", base = given.base, head = given.head
    from ${unnestRows(rows, { id: 'bigint', isReturn: 'boolean', base: 'bigint', head: 'bigint' })}
    where rollout.id = given.id`.execute(trx);
}

/** Saves which return rolled rollouts back, by id; null: none. */
export async function saveReturned(
  trx: Transaction,
  returned: ReadonlyMap<number, Returned | null>,
): Promise<void> {
  if (returned.size === 0) return;
  const rows = [...returned].map(([id, now]) => ({ id, at: now?.at ?? null, by: now?.by ?? null }));
  await statement('relations.save-returned')`
    update rollout set returned_at = given.at, returned_by = given.by
    from ${unnestRows(rows, { id: 'bigint', at: 'bigint', by: 'bigint' })}
    where rollout.id = given.id`.execute(trx);
}

/**
 * Clears what is out of date before the evaluation: what affected rollouts rolled back as returns, which return rolled
 * them back, and the positions of those that are drills now.
 * @returns the rollouts that were cleared, each with the earliest position of all in its stream
 */
export async function clearRelations(
  trx: Transaction,
  affected: readonly AffectedRollout[],
): Promise<ChangedRollout[]> {
  const cleared = [...(await clearReturned(trx, affected)), ...(await takeOutDrills(trx, affected))];
  const first = new Map<number, number>();
  for (const { streamId, exposedAt } of cleared)
    first.set(streamId, Math.min(exposedAt, first.get(streamId) ?? exposedAt));
  return cleared.map(one => ({ ...one, exposedAt: first.get(one.streamId) ?? one.exposedAt }));
}

async function clearReturned(
  trx: Transaction,
  affected: readonly AffectedRollout[],
): Promise<ChangedRollout[]> {
  const ids = affected.filter(row => row.isReturn || row.returnedBy !== null).map(row => row.id);
  if (ids.length === 0) return [];
  const cleared = await statement<ChangedRollout>('relations.clear-returned')`
    update rollout set returned_at = null, returned_by = null
    where returned_by = any(${idsOf(ids)}) or (id = any(${idsOf(ids)}) and returned_by is not null)
    returning id, stream_id as "streamId", least(exposed_at, sorted_at) as "exposedAt", '' as name`.execute(
    trx,
  );
  return cleared.rows;
}

async function takeOutDrills(
  trx: Transaction,
  affected: readonly AffectedRollout[],
): Promise<ChangedRollout[]> {
  const drills = affected.flatMap(({ id, streamId, drill, exposedAt, sortedAt }) =>
    drill && sortedAt !== null
      ? { id, streamId, exposedAt: earliest(exposedAt, sortedAt) ?? sortedAt, name: '' }
      : [],
  );
  if (drills.length === 0) return [];
  await statement('relations.take-out-drills')`
    update rollout set sorted_at = null, is_return = false, base = null, head = null
    where id = any(${idsOf(drills.map(({ id }) => id))})`.execute(trx);
  return drills;
}
