import {
  type EvaluatedEntry,
  evaluate,
  type Relation,
  type Returned,
} from '../../domain/delivery/evaluate.ts';
import { latest } from '../../domain/events/time.ts';
import type { StreamEntry, StreamSegment } from './segments.ts';

export interface SegmentEvaluation {
  /** How many entries, from the first one on, were evaluated. */
  readonly evaluated: number;
  /** Those of them whose relation is not the stored one, or whose stored relation is out of date. */
  readonly changed: readonly EvaluatedEntry<StreamEntry>[];
  /** By rollout: what returns roll back now, and (null) what they no longer roll back. */
  readonly returned: ReadonlyMap<number, Returned | null>;
  /** Whether all that follows is as stored, but for rollouts that depend on a changed one. */
  readonly converged: boolean;
}

/**
 * Evaluates a segment until what follows is as stored, or as far as what is loaded allows.
 * @param due entries that are evaluated in any case, because they or their neighbours changed
 */
export function evaluateSegment(segment: StreamSegment, due: number): SegmentEvaluation {
  const changed: EvaluatedEntry<StreamEntry>[] = [];
  const returned = new Map<number, Returned | null>();
  let evaluated = 0;
  let converged = false;
  for (const result of evaluate(segment)) {
    const { entry, relation, target } = result;
    // An older target may exist, and which one it is depends on this segment: the next segment starts here.
    if (target === null && entry.hasOlderTargets && evaluated > 0) {
      converged = false;
      break;
    }
    evaluated++;
    if (entry.isStale || !isSameRelation(entry.stored, relation)) changed.push(result);
    for (const [id, now] of result.returned) returned.set(id, now);
    converged = hidesEarlier(entry, relation) && isBaseStored(segment, evaluated, relation);
    if (converged && evaluated >= due) break;
  }
  return { evaluated, changed, returned: withoutUnchanged(returned, segment), converged };
}

export const isSameRelation = (a: Relation | null, b: Relation) =>
  a !== null && a.isReturn === b.isReturn && a.base === b.base && a.head === b.head;

/** Whether the rollouts after an entry depend on those before it by their base only: it counts, now as before. */
const hidesEarlier = ({ isStale, stored, flag }: StreamEntry, { isReturn }: Relation) =>
  !isStale && stored?.isReturn === isReturn && !isReturn && !flag;

/** Whether the rollout after the evaluated entries has the right base stored. */
function isBaseStored(
  { entries, next }: StreamSegment,
  evaluated: number,
  { base, head }: Relation,
): boolean {
  const following = entries[evaluated];
  if (following?.isStale) return false;
  const stored = following ? following.stored : next;
  return stored?.base === latest(base, head);
}

/** Leaves out what one entry changed and another one changed back. */
function withoutUnchanged(
  returned: ReadonlyMap<number, Returned | null>,
  { before, entries }: StreamSegment,
): ReadonlyMap<number, Returned | null> {
  if (returned.size === 0) return returned;
  const stored = new Map([...before, ...entries].map(rollout => [rollout.id, rollout.returned]));
  return new Map(
    [...returned].filter(([id, now]) => stored.get(id)?.by !== now?.by || stored.get(id)?.at !== now?.at),
  );
}
