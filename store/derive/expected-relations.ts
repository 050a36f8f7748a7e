import { sql } from 'kysely';
import type { Relation } from '../../domain/delivery/evaluate.ts';
import { compareSortKeys } from '../../domain/delivery/sort-key.ts';
import { latest } from '../../domain/delivery/timestamps.ts';
import type { Transaction } from '../schema/tables.ts';
import { inStream } from '../sql/rollouts.ts';
import { arrayOf } from '../sql/rows.ts';

/** A rollout that is about to be made. */
export interface Newcomer {
  readonly stream: number;
  readonly name: string;
  readonly exposed: number | null;
  readonly flag: boolean;
  readonly drill: boolean;
  /** The latest merge among its changes that is not after its exposure, as far as the batch knows. */
  readonly ownHead: number | null;
}

interface Tail {
  readonly stream: number;
  readonly exposed: number;
  readonly name: string;
  readonly base: number | null;
}

/**
 * How new rollouts will most likely stand in their streams: at the end, as returns of nothing. They are written so, and
 * the evaluation, which knows for certain, need not write again what was expected right. None for those that come late.
 */
export async function expectedRelations<T extends Newcomer>(
  trx: Transaction,
  newcomers: readonly T[],
): Promise<ReadonlyMap<T, Relation>> {
  const expected = new Map<T, Relation>();
  const inOrder = newcomers.flatMap(one =>
    one.exposed === null || one.drill ? [] : { one, exposed: one.exposed, name: one.name },
  );
  const streams = Map.groupBy(inOrder, ({ one }) => one.stream);
  const tails = new Map((await tailsOf(trx, [...streams.keys()])).map(tail => [tail.stream, tail]));
  for (const [stream, own] of streams) {
    const tail = tails.get(stream);
    let base = tail?.base ?? null;
    for (const { one, ...place } of own.toSorted(compareSortKeys)) {
      if (tail && compareSortKeys(place, tail) < 0) continue;
      const head = one.flag ? null : one.ownHead;
      expected.set(one, { isReturn: false, base, head });
      base = latest(base, head);
    }
  }
  return expected;
}

async function tailsOf(trx: Transaction, streams: readonly number[]): Promise<Tail[]> {
  if (streams.length === 0) return [];
  const found = await sql<Tail>`
    select given.stream, tail.exposed_at as exposed, tail.name, greatest(tail.base, tail.head) as base
    from unnest(${arrayOf('integer', streams)}) as given(stream)
    cross join lateral (
      select exposed_at, name, base, head from rollout
      where rollout.stream_id = given.stream and ${inStream('rollout')}
      order by rollout.exposed_at desc, rollout.name desc limit 1
    ) as tail`.execute(trx);
  return found.rows;
}
