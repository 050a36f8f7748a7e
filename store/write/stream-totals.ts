import type { Transaction } from '../schema/tables.ts';
import { unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import type { RolloutRow } from './rollout-diff.ts';

type CountedRollout = Pick<RolloutRow, 'streamId' | 'exposedAt' | 'drill' | 'rolledBackAt'>;

/** By how much the totals of a stream change. */
export interface TotalsChange {
  readonly streamId: number;
  readonly exposed: number;
  readonly rolledBack: number;
}

/**
 * By how much the totals of streams change: how many rollouts were exposed, and how many of these were rolled back by an
 * event of their own. Streams whose totals stay the same are left out.
 * @param before changed rollouts as they were
 * @param after the same rollouts as they are, and new ones
 */
export function totalsChanges(
  before: readonly CountedRollout[],
  after: readonly CountedRollout[],
): TotalsChange[] {
  const streams = new Map<number, { exposed: number; rolledBack: number }>();
  const add = (rollouts: readonly CountedRollout[], by: 1 | -1) => {
    for (const { streamId, exposedAt, drill, rolledBackAt } of rollouts) {
      if (exposedAt === null || drill) continue;
      const totals = streams.get(streamId) ?? { exposed: 0, rolledBack: 0 };
      totals.exposed += by;
      if (rolledBackAt !== null) totals.rolledBack += by;
      streams.set(streamId, totals);
    }
  };
  add(before, -1);
  add(after, 1);
  return [...streams]
    .map(([streamId, totals]) => ({ streamId, ...totals }))
    .filter(({ exposed, rolledBack }) => exposed !== 0 || rolledBack !== 0);
}

export async function addToTotals(trx: Transaction, changes: readonly TotalsChange[]): Promise<void> {
  if (changes.length === 0) return;
  await statement('streams.add-to-totals')`
    update stream set exposed_total = exposed_total + given.exposed,
      rolled_back_total = rolled_back_total + given."rolledBack"
    from ${unnestRows(changes, { streamId: 'integer', exposed: 'integer', rolledBack: 'integer' })}
    where stream.id = given."streamId"`.execute(trx);
}
