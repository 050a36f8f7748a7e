import { joinRollout, type RolloutFacts, unknownRollout } from '../../domain/delivery/facts.ts';

/** The facts that stand in a row of `rollout`, with the types of their columns. */
export const factColumns = {
  exposedAt: 'bigint',
  fullAt: 'bigint',
  rolledBackAt: 'bigint',
  cause: 'text',
  rolledBackFrom: 'double precision',
  flag: 'boolean',
  drill: 'boolean',
  rework: 'boolean',
  progressive: 'boolean',
} as const satisfies Partial<Record<keyof RolloutFacts, string>>;

export type RowFacts = Pick<RolloutFacts, keyof typeof factColumns>;

export interface RolloutKey {
  readonly streamId: number;
  readonly name: string;
}
export interface RolloutId extends RolloutKey {
  readonly id: number;
}
export interface RolloutRow extends RolloutId, RowFacts {}

/** What a batch changes in the row of a rollout. */
export interface RolloutDiff {
  readonly before: RolloutRow;
  readonly after: RolloutRow;
  /** Its sort key, full traffic or rollback changes: its stream is evaluated from there. */
  readonly isMoved: boolean;
  /** The changes that it names are exposed at another time, to other traffic, or not at all. */
  readonly isRegrouped: boolean;
}

/** @returns null where the batch reports nothing new of the rollout */
export function diffRollout(before: RolloutRow, reported: RolloutFacts): RolloutDiff | null {
  const { id, streamId, name } = before;
  const facts = rowFactsOf(joinRollout({ ...unknownRollout, ...before }, reported));
  const isRegrouped = hasChanged(before, facts, 'exposedAt', 'fullAt', 'flag', 'drill');
  // Which other changes it carries only the evaluation knows, and their time to full traffic depends on this rollout's.
  const isMoved = isRegrouped || hasChanged(before, facts, 'rolledBackAt');
  if (!isMoved && !hasChanged(before, facts, 'cause', 'rolledBackFrom', 'rework', 'progressive')) return null;
  return { before, after: { id, streamId, name, ...facts }, isMoved, isRegrouped };
}

const hasChanged = (before: RowFacts, after: RowFacts, ...facts: readonly (keyof RowFacts)[]) =>
  facts.some(fact => before[fact] !== after[fact]);

export function rowFactsOf(facts: RolloutFacts): RowFacts {
  const { exposedAt, fullAt, rolledBackAt, cause, rolledBackFrom, flag, drill, rework, progressive } = facts;
  return { exposedAt, fullAt, rolledBackAt, cause, rolledBackFrom, flag, drill, rework, progressive };
}

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
