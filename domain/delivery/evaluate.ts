import { earliest, latest } from '../events/time.ts';
import { compareSortKeys, type SortKey } from './sort-key.ts';

/**
 * Evaluates a stream: the rollouts of a service in an environment, in the order of their exposure. It finds which of them
 * are returns of older versions, what each return rolls back, and which merge times each rollout carries
 * (`docs/metrics.md`).
 *
 * A rollout's relation depends on the rollouts before it only, in three ways: on the latest head, on the earlier rollouts
 * that exposed all that it names, and on the rollouts between those and itself.
 */

/** How far back a return rolls back what it replaces, in milliseconds. */
export const returnReachMs = 30 * 86_400_000;

/** Which return rolled a rollout back, and when. */
export interface Returned {
  readonly by: number;
  readonly at: number;
}

/** A rollout in its stream, as the rollouts after it see it. */
export interface StreamRollout extends SortKey {
  readonly id: number;
  readonly flag: boolean;
  /** The time of its earliest `change_rolled_back`. */
  readonly rolledBackAt: number | null;
  readonly isReturn: boolean;
  readonly returned: Returned | null;
}

/** An earlier rollout that exposed, by name, all that another one names. */
export interface RollbackTarget extends StreamRollout {
  /** Whether a rollout that counts was exposed between it and the first entry. */
  readonly followed: boolean;
}

/** How a rollout stands to the rollouts before it. */
export interface Relation {
  readonly isReturn: boolean;
  /** The latest head of the rollouts before it; null where none has one. */
  readonly base: number | null;
  /** Its own head; null for flag rollouts and returns. What it carries was merged in (base, head]. */
  readonly head: number | null;
}

/** A rollout to evaluate. `isReturn` and `returned` are those of its last evaluation. */
export interface Entry extends StreamRollout {
  /** The latest merge among the changes that it names that is not after its exposure. */
  readonly ownHead: number | null;
  /** In the order of the stream. */
  readonly targets: readonly RollbackTarget[];
}

/** A contiguous part of a stream, with what has to be known of the rollouts before it. */
export interface Segment<E extends Entry = Entry> {
  /** The latest head before the first entry. */
  readonly base: number | null;
  /**
   * Of the rollouts before the first entry, in order: those that an entry may roll back by returning to one of its
   * targets, those that an entry rolled back, and the returns that were exposed at the same time as the first entry.
   */
  readonly before: readonly StreamRollout[];
  readonly entries: readonly E[];
}

export interface EvaluatedEntry<E extends Entry = Entry> {
  readonly entry: E;
  readonly relation: Relation;
  /** The last target that was not rolled back before the entry, if any: the entry exposes an older version again. */
  readonly target: RollbackTarget | null;
  /** By rollout: what the entry rolls back now, and (null) what it no longer rolls back. */
  readonly returned: ReadonlyMap<number, Returned | null>;
}

/** Evaluates one entry after the other, for as long as the caller asks for the next one. */
export function* evaluate<E extends Entry>(segment: Segment<E>): Generator<EvaluatedEntry<E>> {
  const earlier: Evaluated[] = segment.before.map(rollout => ({ ...rollout }));
  const byId = new Map(earlier.map(rollout => [rollout.id, rollout]));
  let { base } = segment;
  for (const entry of segment.entries) {
    const target = entry.flag ? null : findTarget(entry, byId);
    const isReturn = target !== null && (target.followed || earlier.some(other => isSince(other, target)));
    const evaluated: Evaluated = { ...entry, isReturn };
    const returned = new Map<number, Returned | null>();
    if (isReturn || entry.isReturn)
      for (const other of earlier) {
        const byOthers = other.returned?.by === entry.id ? null : other.returned;
        const isReplaced =
          isReturn && isSince(other, target) && isRolledBackBy(entry, { ...other, returned: byOthers }, byId);
        setReturned(other, isReplaced ? { by: entry.id, at: entry.exposedAt } : byOthers, returned);
      }
    if (isReturn) setReturned(evaluated, null, returned);

    const relation = { isReturn, base, head: entry.flag || isReturn ? null : entry.ownHead };
    base = latest(base, relation.head);
    earlier.push(evaluated);
    byId.set(entry.id, evaluated);
    yield { entry, relation, target, returned };
  }
}

/** A rollout as the evaluation has found it so far. */
interface Evaluated extends StreamRollout {
  returned: Returned | null;
}

function findTarget(entry: Entry, earlier: ReadonlyMap<number, Evaluated>): RollbackTarget | null {
  const found = entry.targets.findLast(target => {
    const now = earlier.get(target.id) ?? target;
    const rolledBackAt = effectiveRollback(now);
    return !now.isReturn && !(rolledBackAt !== null && rolledBackAt < entry.exposedAt);
  });
  return found ?? null;
}

/** Whether a rollout counts and was exposed after the target. */
const isSince = (other: StreamRollout, target: RollbackTarget) =>
  counts(other) && compareSortKeys(other, target) > 0;

const counts = (rollout: StreamRollout) => !rollout.flag && !rollout.isReturn;

/** Whether a return rolls back a rollout that was exposed since its target. */
function isRolledBackBy(
  entry: Entry,
  other: StreamRollout,
  evaluated: ReadonlyMap<number, StreamRollout>,
): boolean {
  if (other.exposedAt < entry.exposedAt - returnReachMs) return false;
  const rolledBackAt = effectiveRollback(other);
  if (rolledBackAt === null || rolledBackAt > entry.exposedAt) return true;
  // Of two returns at the same time the first one rolls back: what a later one rolled back is this one's.
  const { returned, rolledBackAt: itself } = other;
  const isLaterReturns = returned !== null && returned.at === entry.exposedAt && !evaluated.has(returned.by);
  return isLaterReturns && (itself === null || itself > entry.exposedAt);
}

/** When a rollout was rolled back, by its own rollback or by a return. */
function effectiveRollback({ rolledBackAt, returned }: StreamRollout): number | null {
  return earliest(rolledBackAt, returned?.at ?? null);
}

function setReturned(rollout: Evaluated, now: Returned | null, changes: Map<number, Returned | null>): void {
  if (rollout.returned?.by === now?.by && rollout.returned?.at === now?.at) return;
  rollout.returned = now;
  changes.set(rollout.id, now);
}
