import { describe, expect, test } from 'vitest';
import type { Relation, RollbackTarget } from '../../../../domain/delivery/evaluate.ts';
import { evaluateSegment } from '../../../../store/derive/evaluate-segment.ts';
import type { StreamEntry, StreamSegment } from '../../../../store/derive/segments.ts';
import {
  aReturn,
  by,
  type Known,
  relation,
  rollout,
  target,
} from '../../../support/histories/stream-rollouts.ts';

interface KnownEntry extends Known {
  readonly head?: number;
  readonly targets?: readonly RollbackTarget[];
  readonly hasOlderTargets?: boolean;
  /** As stored; absent: its facts changed, and its stored relation is out of date. */
  readonly was?: Relation;
}
const entry = (
  id: number,
  { head, targets = [], hasOlderTargets = false, was, ...known }: KnownEntry = {},
): StreamEntry => ({
  ...rollout(id, { ...known, isReturn: was?.isReturn ?? false }),
  ownHead: head ?? null,
  targets,
  hasOlderTargets,
  stored: was ?? null,
  isStale: was === undefined,
});

/** @param due entries that are evaluated in any case */
function reevaluate(
  segment: Omit<StreamSegment, 'streamId' | 'next'> & { next?: StreamSegment['next'] },
  due = 0,
) {
  const { changed, ...evaluation } = evaluateSegment({ streamId: 1, next: null, ...segment }, due);
  return { ...evaluation, relations: new Map(changed.map(one => [one.entry.id, one.relation])) };
}

describe('an evaluation', () => {
  test('ends early where what follows stands as it was', () => {
    const { relations, evaluated, converged } = reevaluate({
      base: 5,
      before: [],
      entries: [
        entry(1, { head: 8 }),
        entry(2, { head: 18, was: relation(8, 18) }),
        entry(3, { head: 25, was: relation(18, 25) }),
        entry(4, { head: 35, was: relation(25, 35) }),
      ],
    });
    expect(relations).toEqual(new Map([[1, relation(5, 8)]]));
    expect([evaluated, converged]).toEqual([2, true]);
  });

  test('goes on as far as it has to', () => {
    const { relations, evaluated, converged } = reevaluate(
      {
        base: 5,
        before: [],
        entries: [
          entry(1, { head: 8, was: relation(5, 8) }),
          entry(2, { head: 18, was: relation(8, 18) }),
          entry(3, { head: 25, was: relation(18, 24) }),
          entry(4, { head: 35, was: relation(24, 35) }),
          entry(5, { head: 45, was: relation(35, 45) }),
        ],
      },
      3,
    );
    expect([...relations.keys()]).toEqual([3, 4]);
    expect([evaluated, converged]).toEqual([4, true]);
  });

  test('goes on while the latest head is another one', () => {
    const { relations, evaluated, converged } = reevaluate({
      base: 5,
      before: [],
      entries: [
        entry(1, { head: 28 }), // it was 8
        entry(2, { head: 18, was: relation(8, 18) }),
        entry(3, { head: 25, was: relation(18, 25) }),
        entry(4, { head: 35, was: relation(25, 35) }),
        entry(5, { head: 45, was: relation(35, 45) }),
      ],
    });
    expect(relations).toEqual(
      new Map([
        [1, relation(5, 28)],
        [2, relation(28, 18)],
        [3, relation(28, 25)],
        [4, relation(28, 35)],
      ]),
    );
    expect([evaluated, converged]).toEqual([4, true]);
  });

  test('finds a head that moved below the base', () => {
    const { relations } = reevaluate({
      base: 9,
      before: [],
      entries: [entry(1, { head: 7, was: relation(9, 8) })],
    });
    expect(relations).toEqual(new Map([[1, relation(9, 7)]]));
  });

  test('evaluates a stale rollout behind what is as stored', () => {
    const { relations, evaluated } = reevaluate({
      base: 5,
      before: [],
      entries: [
        entry(1, { head: 8, was: relation(5, 8) }),
        entry(2, { head: 18 }),
        entry(3, { head: 25, was: relation(18, 25) }),
        entry(4, { head: 35, was: relation(25, 35) }),
      ],
    });
    expect(relations).toEqual(new Map([[2, relation(8, 18)]]));
    expect(evaluated).toBe(3);
  });

  const next = (base: number | null) => ({ streamId: 1, exposedAt: 20, name: 'r2', base });

  test('looks at the rollout after the loaded ones', () => {
    const last = entry(1, { head: 8, was: relation(5, 8) });
    const converged = (base: number) =>
      reevaluate({ base: 5, before: [], entries: [last], next: next(base) }).converged;
    expect([converged(8), converged(7)]).toEqual([true, false]);
  });

  test.each([
    ['a flag rollout', entry(1, { flag: true, was: relation(5, null) }), 5],
    ['a return', entry(1, { targets: [target(rollout(0), true)], was: aReturn(5) }), 5],
    ['a stale rollout', entry(1, { head: 8 }), 8],
  ])('is not converged by %s', (_which, last, base) => {
    expect(reevaluate({ base: 5, before: [], entries: [last], next: next(base) })).toMatchObject({
      evaluated: 1,
      converged: false,
    });
  });

  test('of no entries changes nothing', () => {
    expect(reevaluate({ base: 5, before: [rollout(1)], entries: [] })).toEqual({
      relations: new Map(),
      returned: new Map(),
      evaluated: 0,
      converged: false,
    });
  });
});

describe('a return that is evaluated again', () => {
  const first = rollout(1);

  test('that none of the last targets explains ends the segment, where there may be older ones', () => {
    const last = rollout(2);
    const again = (hasOlderTargets: boolean) =>
      reevaluate({
        base: null,
        before: [first, last],
        entries: [
          entry(3, { targets: [target(first)] }),
          entry(4, { targets: [target(last)], hasOlderTargets }),
          entry(5),
        ],
      });
    expect(again(false)).toMatchObject({ evaluated: 3 });
    expect(again(true)).toMatchObject({ evaluated: 1, converged: false, returned: new Map([[2, by(3)]]) });
  });

  test('is undone when its version turns out to have been rolled back', () => {
    const rolledBackNow = rollout(1, { rolledBackAt: 20 });
    const { relations, returned, evaluated } = reevaluate({
      base: 5,
      before: [rolledBackNow, rollout(2, { returned: by(3) })],
      entries: [
        entry(3, { targets: [target(rolledBackNow)], was: aReturn(5) }),
        entry(4, { head: 4, was: relation(5, 4) }),
        entry(5, { head: 4, was: relation(5, 4) }),
      ],
    });
    expect(relations).toEqual(new Map([[3, relation(5, null)]]));
    expect(returned).toEqual(new Map([[2, null]]));
    expect(evaluated).toBe(2); // the next one may see it as exposed since, although no head has changed
  });

  test('that is undone leaves what it rolled back to the next one', () => {
    const { relations, returned } = reevaluate({
      base: 5,
      before: [first, rollout(2, { returned: by(3) })],
      entries: [
        entry(3, { head: 25, was: aReturn(5) }), // it names something new by now
        entry(4, { exposedAt: 30, targets: [target(first)], was: aReturn(5) }),
      ],
    });
    expect(relations).toEqual(
      new Map([
        [3, relation(5, 25)],
        [4, aReturn(25)],
      ]),
    );
    expect(returned).toEqual(
      new Map([
        [2, by(4, 30)],
        [3, by(4, 30)],
      ]),
    );
  });

  test('that moved takes its rollbacks along', () => {
    const { relations, returned } = reevaluate({
      base: 5,
      before: [first, rollout(2, { returned: by(3, 35) })],
      entries: [entry(3, { targets: [target(first)], was: aReturn(5) })],
    });
    expect(relations.size).toBe(0);
    expect(returned).toEqual(new Map([[2, by(3, 30)]]));
  });

  test('that stands as it stood changes nothing', () => {
    const { relations, returned } = reevaluate({
      base: 5,
      before: [first, rollout(2, { returned: by(3) })],
      entries: [entry(3, { head: 5, targets: [target(first)], was: aReturn(5) })],
    });
    expect([relations.size, returned.size]).toEqual([0, 0]);
  });
});
