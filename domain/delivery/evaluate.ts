import { comparePlaces, type Place } from '../events/byte-order.ts';
import { earliest, latest } from './timestamps.ts';

/**
 * One stream, the rollouts of a service and environment in the order of their exposure, walked from some
 * place on: which rollouts are returns of older versions, what a return rolls back, and which merge times
 * each rollout carries (`docs/metrics.md`). The walk ends as soon as what follows stands as it was left before.
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
export interface Placed extends Place {
  readonly id: number;
  readonly flag: boolean;
  /** The earliest `change_rolled_back` of its own. */
  readonly rolledBack: number | null;
  readonly isReturn: boolean;
  readonly returned: Returned | null;
}

/** An earlier rollout that exposed, by name, all that another one names. */
export interface Origin extends Placed {
  /** Whether a rollout that counts stands between it and the first stop, in `before` or not. */
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

/** A rollout that the walk comes by. */
export interface Stop extends Placed {
  /** The latest merge among the changes it names that is not after its exposure. */
  readonly ownHead: number | null;
  /**
   * In the order of the stream. All that lie in the section, and of those before it at least the last ones that are no
   * returns and were not rolled back before the first stop.
   */
  readonly origins: readonly Origin[];
  /** Whether there may be such origins before these. */
  readonly hasOlderOrigins: boolean;
  /** Its relation as stored; null when its facts were touched, or when it is new. */
  readonly was: Relation | null;
}

export interface Section {
  /** The latest head before the first stop. */
  readonly base: number | null;
  /**
   * Of the rollouts before the first stop, in order: those that a stop may roll back by returning to one of its origins,
   * those that a stop rolled back, and the returns of the first stop's instant.
   */
  readonly before: readonly Placed[];
  /** Contiguous. */
  readonly stops: readonly Stop[];
}

export interface Walked {
  /** Relations that differ from the stored ones, by rollout. */
  readonly relations: ReadonlyMap<number, Relation>;
  /** What returns rolled back now, and what they no longer do (null), by rollout. */
  readonly returned: ReadonlyMap<number, Returned | null>;
  /** How many stops were passed. */
  readonly passed: number;
  /** Whether all that follows the last passed stop stands as it was, but for those that refer to a changed one. */
  readonly settled: boolean;
}

/** @param passedMin stops that have to be passed, even where all before them is settled */
export function walk(section: Section, passedMin = 0): Walked {
  const relations = new Map<number, Relation>();
  const seen: Passing[] = section.before.map(placed => ({ ...placed, effective: effective(placed) }));
  const byId = new Map(seen.map(placed => [placed.id, placed]));
  let base = section.base;
  // What lies before the section may have changed, so the first stop that counts proves nothing changed for others.
  let settled = false;
  let passed = 0;

  for (const stop of section.stops) {
    if (passed >= passedMin && settled && stop.was !== null && stop.was.base === base) break;
    const origin = stop.flag ? undefined : findOrigin(stop, byId);
    // Which of the older ones it is hangs on what was found so far, so the next section begins here.
    if (origin === undefined && stop.hasOlderOrigins && passed > 0) {
      settled = false;
      break;
    }
    if (stop.was?.isReturn)
      for (const other of seen) if (other.returned?.by === stop.id) setReturned(other, null);
    const since = origin ? seen.filter(other => counts(other) && comparePlaces(other, origin) > 0) : [];
    const isReturn = origin !== undefined && (since.length > 0 || origin.followed);
    if (isReturn)
      for (const other of since)
        if (
          other.exposed >= stop.exposed - returnReachMs &&
          (other.effective === null || other.effective > stop.exposed || isTakenLater(other, stop, byId))
        )
          setReturned(other, { by: stop.id, at: stop.exposed });

    const isHead = !stop.flag && !isReturn;
    const relation = { isReturn, base, head: isHead ? stop.ownHead : null };
    const { was } = stop;
    if (was?.isReturn !== isReturn || was.base !== base || was.head !== relation.head)
      relations.set(stop.id, relation);

    const passing: Passing = { ...stop, isReturn, effective: effective(stop) };
    if (isReturn) setReturned(passing, null);
    seen.push(passing);
    byId.set(stop.id, passing);
    base = latest(base, relation.head);
    // A rollout that counts, now as before, hides what lies before it from the question "exposed since?".
    settled = was !== null && was.isReturn === isReturn && counts(passing);
    passed++;
  }

  const before = new Map([...section.before, ...section.stops].map(placed => [placed.id, placed.returned]));
  const returned = seen
    .filter(({ id, returned: now }) => now?.by !== before.get(id)?.by || now?.at !== before.get(id)?.at)
    .map(({ id, returned: now }) => [id, now] as const);
  return { relations, returned: new Map(returned), passed, settled };
}

interface Passing extends Placed {
  returned: Returned | null;
  isReturn: boolean;
  /** When it was rolled back, by its own rollback or by a return. */
  effective: number | null;
}

function findOrigin(stop: Stop, seen: ReadonlyMap<number, Passing>): Origin | undefined {
  return stop.origins.findLast(origin => {
    const now = seen.get(origin.id) ?? { ...origin, effective: effective(origin) };
    return !now.isReturn && !(now.effective !== null && now.effective < stop.exposed);
  });
}

/** Whether a return of the same instant that comes after this one has taken it: of two, the first one holds. */
function isTakenLater(other: Passing, stop: Stop, seen: ReadonlyMap<number, Passing>): boolean {
  const { returned, rolledBack } = other;
  if (returned === null || returned.at !== stop.exposed || returned.by === stop.id || seen.has(returned.by))
    return false;
  return rolledBack === null || rolledBack > stop.exposed;
}

const counts = (placed: Placed) => !placed.flag && !placed.isReturn;

function effective({ rolledBack, returned }: Pick<Placed, 'rolledBack' | 'returned'>): number | null {
  return earliest(rolledBack, returned?.at ?? null);
}

function setReturned(placed: Passing, returned: Returned | null): void {
  placed.returned = returned;
  placed.effective = effective(placed);
}
