import type { Relation } from '../../domain/delivery/evaluate.ts';
import { compareSortKeys } from '../../domain/delivery/sort-key.ts';
import { latest } from '../../domain/events/time.ts';
import type { Transaction } from '../schema/tables.ts';
import { inStream } from '../sql/rollouts.ts';
import { arrayOf } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';

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
