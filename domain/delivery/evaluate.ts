import { compareSortKeys, type SortKey } from './sort-key.ts';
import { earliest, latest } from './timestamps.ts';

/**
 * One stream, the rollouts of a service and environment in the order of their exposure, evaluated from some
 * place on: which rollouts are returns of older versions, what a return rolls back, and which merge times
 * each rollout carries (`docs/metrics.md`). The evaluation ends as soon as what follows stands as it was left before.
 *
 * A rollout's relations depend on those before it only, in three ways: through the latest head, through
 * the earlier rollouts that exposed all that it names, and through the rollouts that stand between.
 */

/** How far back a return rolls back what it replaces, in milliseconds. */
export const returnReachMs = 30 * 86_400_000;

/** Who rolled a rollout back by returning, and when. */
export interface Returned {
  readonly by: number;
  readonly at: number;
}

/** A rollout in its stream, as the rollouts after it see it. */
export interface StreamRollout extends SortKey {
  readonly id: number;
  readonly flag: boolean;
  /** The earliest `change_rolled_back` of its own. */
  readonly rolledBack: number | null;
  readonly isReturn: boolean;
  readonly returned: Returned | null;
}

/** An earlier rollout that exposed, by name, all that another one names. */
export interface RollbackTarget extends StreamRollout {
  /** Whether a rollout that counts stands between it and the first entry, in `before` or not. */
  readonly followed: boolean;
}

/** What the timeline knows of a rollout besides its facts. */
export interface Relation {
  readonly isReturn: boolean;
  /** The latest head of the rollouts before it; null where none has one. */
  readonly base: number | null;
  /** Its own head, where it is one for others; what it carries was merged in (base, head]. */
  readonly head: number | null;
}

/** A rollout that the evaluation comes by. */
export interface Entry extends StreamRollout {
  /** The latest merge among the changes it names that is not after its exposure. */
  readonly ownHead: number | null;
  /**
   * In the order of the stream. All that lie in the segment, and of those before it at least the last ones that are no
   * returns and were not rolled back before the first entry.
   */
  readonly targets: readonly RollbackTarget[];
  /** Whether there may be such targets before these. */
  readonly hasOlderTargets: boolean;
  /** Its relation as stored; null when its facts were touched, or when it is new. */
  readonly was: Relation | null;
}

export interface Segment {
  /** The latest head before the first entry. */
  readonly base: number | null;
  /**
   * Of the rollouts before the first entry, in order: those that an entry may roll back by returning to one of its targets,
   * those that an entry rolled back, and the returns of the first entry's instant.
   */
  readonly before: readonly StreamRollout[];
  /** Contiguous. */
  readonly entries: readonly Entry[];
}

export interface Evaluation {
  /** Relations that differ from the stored ones, by rollout. */
  readonly relations: ReadonlyMap<number, Relation>;
  /** What returns rolled back now, and what they no longer do (null), by rollout. */
  readonly returned: ReadonlyMap<number, Returned | null>;
  /** How many entries were evaluated. */
  readonly evaluated: number;
  /** Whether all that follows the last evaluated entry stands as it was, but for those that refer to a changed one. */
  readonly converged: boolean;
}

/** @param evaluatedMin entries that have to be evaluated, even where all before them is converged */
export function evaluate(segment: Segment, evaluatedMin = 0): Evaluation {
  const relations = new Map<number, Relation>();
  const seen: Evaluated[] = segment.before.map(rollout => ({ ...rollout, effective: effective(rollout) }));
  const byId = new Map(seen.map(rollout => [rollout.id, rollout]));
  let base = segment.base;
  // What lies before the segment may have changed, so the first entry that counts proves nothing changed for others.
  let converged = false;
  let evaluated = 0;

  for (const entry of segment.entries) {
    if (evaluated >= evaluatedMin && converged && entry.was !== null && entry.was.base === base) break;
    const target = entry.flag ? undefined : findTarget(entry, byId);
    // Which of the older ones it is hangs on what was found so far, so the next segment begins here.
    if (target === undefined && entry.hasOlderTargets && evaluated > 0) {
      converged = false;
      break;
    }
    if (entry.was?.isReturn)
      for (const other of seen) if (other.returned?.by === entry.id) setReturned(other, null);
    const since = target ? seen.filter(other => counts(other) && compareSortKeys(other, target) > 0) : [];
    const isReturn = target !== undefined && (since.length > 0 || target.followed);
    if (isReturn)
      for (const other of since)
        if (
          other.exposed >= entry.exposed - returnReachMs &&
          (other.effective === null || other.effective > entry.exposed || isTakenLater(other, entry, byId))
        )
          setReturned(other, { by: entry.id, at: entry.exposed });

    const isHead = !entry.flag && !isReturn;
    const relation = { isReturn, base, head: isHead ? entry.ownHead : null };
    const { was } = entry;
    if (was?.isReturn !== isReturn || was.base !== base || was.head !== relation.head)
      relations.set(entry.id, relation);

    const entered: Evaluated = { ...entry, isReturn, effective: effective(entry) };
    if (isReturn) setReturned(entered, null);
    seen.push(entered);
    byId.set(entry.id, entered);
    base = latest(base, relation.head);
    // A rollout that counts, now as before, hides what lies before it from the question "exposed since?".
    converged = was !== null && was.isReturn === isReturn && counts(entered);
    evaluated++;
  }

  const before = new Map(
    [...segment.before, ...segment.entries].map(rollout => [rollout.id, rollout.returned]),
  );
  const returned = seen
    .filter(({ id, returned: now }) => now?.by !== before.get(id)?.by || now?.at !== before.get(id)?.at)
    .map(({ id, returned: now }) => [id, now] as const);
  return { relations, returned: new Map(returned), evaluated, converged };
}

interface Evaluated extends StreamRollout {
  returned: Returned | null;
  isReturn: boolean;
  /** When it was rolled back, by its own rollback or by a return. */
  effective: number | null;
}

function findTarget(entry: Entry, seen: ReadonlyMap<number, Evaluated>): RollbackTarget | undefined {
  return entry.targets.findLast(target => {
    const now = seen.get(target.id) ?? { ...target, effective: effective(target) };
    return !now.isReturn && !(now.effective !== null && now.effective < entry.exposed);
  });
}

/** Whether a return of the same instant that comes after this one has taken it: of two, the first one holds. */
function isTakenLater(other: Evaluated, entry: Entry, seen: ReadonlyMap<number, Evaluated>): boolean {
  const { returned, rolledBack } = other;
  if (returned === null || returned.at !== entry.exposed || returned.by === entry.id || seen.has(returned.by))
    return false;
  return rolledBack === null || rolledBack > entry.exposed;
}

const counts = (rollout: StreamRollout) => !rollout.flag && !rollout.isReturn;

function effective({ rolledBack, returned }: Pick<StreamRollout, 'rolledBack' | 'returned'>): number | null {
  return earliest(rolledBack, returned?.at ?? null);
}

function setReturned(rollout: Evaluated, returned: Returned | null): void {
  rollout.returned = returned;
  rollout.effective = effective(rollout);
}
