import type { Relation, Returned, RollbackTarget, StreamRollout } from '../../../domain/delivery/evaluate.ts';

/** What a test gives of a rollout. Rollouts are named by numbers, and stand in the stream in the order of these. */
export type Known = Partial<Omit<StreamRollout, 'id' | 'name'>>;

export const rollout = (id: number, known: Known = {}): StreamRollout => ({
  id,
  name: `r${id}`,
  exposedAt: id * 10,
  flag: false,
  rolledBackAt: null,
  isReturn: false,
  returned: null,
  ...known,
});

export const target = (of: StreamRollout, followed = false): RollbackTarget => ({ ...of, followed });

export const relation = (base: number | null, head: number | null): Relation => ({
  isReturn: false,
  base,
  head,
});

export const aReturn = (base: number | null): Relation => ({ isReturn: true, base, head: null });

export const by = (id: number, at = id * 10): Returned => ({ by: id, at });
