import { describe, expect, test } from 'vitest';
import {
  type Entry,
  evaluate,
  type Relation,
  type Returned,
  type RollbackTarget,
  returnReachMs,
  type StreamRollout,
} from '../../../../domain/delivery/evaluate.ts';

// Rollouts are called by numbers and stand in their order; moments are small numbers but where days matter.
type Known = Partial<Omit<StreamRollout, 'id' | 'name'>>;
const rollout = (id: number, known: Known = {}): StreamRollout => ({
  id,
  name: `r${id}`,
  exposed: id * 10,
  flag: false,
  rolledBack: null,
  isReturn: false,
  returned: null,
  ...known,
});

interface Told extends Known {
  readonly head?: number;
  readonly targets?: readonly RollbackTarget[];
  readonly hasOlderTargets?: boolean;
  readonly was?: Relation;
}
const entry = (
  id: number,
  { head, targets = [], hasOlderTargets = false, was, ...known }: Told = {},
): Entry => ({
  ...rollout(id, { ...known, isReturn: was?.isReturn ?? false }),
  ownHead: head ?? null,
  targets,
  hasOlderTargets,
  was: was ?? null,
});
const target = (of: StreamRollout, followed = false): RollbackTarget => ({ ...of, followed });
const relation = (base: number | null, head: number | null): Relation => ({
  isReturn: false,
  base,
  head,
});
const aReturn = (base: number | null): Relation => ({ isReturn: true, base, head: null });
const by = (id: number, at = id * 10): Returned => ({ by: id, at });

describe('heads', () => {
  test('each rollout carries from the latest head before it up to its own', () => {
    const { relations, returned, evaluated } = evaluate({
      base: null,
      before: [],
      entries: [
        entry(1, { head: 5 }),
        entry(2, { head: 18 }),
        entry(3, { head: 7 }),
        entry(4),
        entry(5, { head: 40 }),
      ],
    });
    expect(relations).toEqual(
      new Map([
        [1, relation(null, 5)],
        [2, relation(5, 18)],
        [3, relation(18, 7)],
        [4, relation(18, null)],
        [5, relation(18, 40)],
      ]),
    );
    expect([returned.size, evaluated]).toEqual([0, 5]);
  });

  test('what stands before the segment is known by its latest head', () => {
    const { relations } = evaluate({ base: 9, before: [rollout(1)], entries: [entry(2, { head: 18 })] });
    expect(relations).toEqual(new Map([[2, relation(9, 18)]]));
  });

  test('a flag rollout is no head for others', () => {
    const { relations } = evaluate({
      base: 5,
      before: [],
      entries: [entry(2, { head: 18, flag: true }), entry(3, { head: 25 })],
    });
    expect(relations).toEqual(
      new Map([
        [2, relation(5, null)],
        [3, relation(5, 25)],
      ]),
    );
  });
});

describe('an evaluation', () => {
  test('ends early where what follows stands as it was', () => {
    const { relations, evaluated, converged } = evaluate({
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
    const { relations, evaluated, converged } = evaluate(
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
    const { relations, evaluated, converged } = evaluate({
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

  test('tells of a head that moved below the base', () => {
    const { relations } = evaluate({
      base: 9,
      before: [],
      entries: [entry(1, { head: 7, was: relation(9, 8) })],
    });
    expect(relations).toEqual(new Map([[1, relation(9, 7)]]));
  });

  test('passes a touched rollout in the tail', () => {
    const { relations, evaluated } = evaluate({
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

  test.each([
    ['a flag rollout', entry(1, { flag: true, was: relation(5, null) })],
    ['a return', entry(1, { targets: [target(rollout(0), true)], was: aReturn(5) })],
    ['a touched rollout', entry(1, { head: 8 })],
  ])('is not converged by %s', (_which, last) => {
    expect(evaluate({ base: 5, before: [], entries: [last] })).toMatchObject({
      evaluated: 1,
      converged: false,
    });
  });

  test('of nothing says nothing', () => {
    expect(evaluate({ base: 5, before: [rollout(1)], entries: [] })).toEqual({
      relations: new Map(),
      returned: new Map(),
      evaluated: 0,
      converged: false,
    });
  });
});

describe('a return', () => {
  const first = rollout(1);

  test('carries nothing, is no head, and rolls back what was exposed since', () => {
    const { relations, returned } = evaluate({
      base: null,
      before: [],
      entries: [
        entry(1, { head: 5 }),
        entry(2, { head: 15 }),
        entry(3, { head: 16 }),
        entry(4, { head: 5, targets: [target(first)] }),
        entry(5, { head: 45 }),
      ],
    });
    expect(relations.get(4)).toEqual(aReturn(16));
    expect(relations.get(5)).toEqual(relation(16, 45));
    expect(returned).toEqual(
      new Map([
        [2, by(4)],
        [3, by(4)],
      ]),
    );
  });

  test('needs another rollout since, in the segment or before it', () => {
    const again = (followed: boolean) =>
      evaluate({ base: 5, before: [], entries: [entry(9, { head: 5, targets: [target(first, followed)] })] });
    expect(again(false).relations).toEqual(new Map([[9, relation(5, 5)]]));
    expect(again(true).relations).toEqual(new Map([[9, aReturn(5)]]));
  });

  test('is not made by a flag rollout or another return since', () => {
    const { relations, returned } = evaluate({
      base: null,
      before: [first, rollout(2, { flag: true }), rollout(3, { isReturn: true })],
      entries: [entry(4, { targets: [target(first)] })],
    });
    expect(relations.get(4)).toEqual(relation(null, null));
    expect(returned.size).toBe(0);
  });

  test('of strategy flag is none, and leaves flag rollouts as they are', () => {
    const before = [first, rollout(2), rollout(3, { flag: true })];
    const entries = (flag: boolean) => [entry(4, { flag, targets: [target(first)] })];
    expect(evaluate({ base: null, before, entries: entries(true) }).returned.size).toBe(0);
    expect(evaluate({ base: null, before, entries: entries(false) }).returned).toEqual(new Map([[2, by(4)]]));
  });

  test('reaches back thirty days and no further', () => {
    const at = 100 * 86_400_000;
    const { returned } = evaluate({
      base: null,
      before: [
        first,
        rollout(2, { exposed: at - returnReachMs - 1 }),
        rollout(3, { exposed: at - returnReachMs }),
      ],
      entries: [entry(4, { exposed: at, targets: [target(first)] })],
    });
    expect(returnReachMs).toBe(30 * 24 * 60 * 60 * 1000);
    expect(returned).toEqual(new Map([[3, by(4, at)]]));
  });

  test('leaves alone what was rolled back by then, and comes before a rollback reported later', () => {
    const { returned } = evaluate({
      base: null,
      before: [
        first,
        rollout(2, { rolledBack: 25 }),
        rollout(3, { rolledBack: 50 }),
        rollout(4, { rolledBack: 51 }),
        rollout(5, { exposed: 45, rolledBack: 51, returned: by(8, 48) }),
        rollout(6, { exposed: 45, rolledBack: 48, returned: by(8, 51) }),
      ],
      entries: [entry(7, { exposed: 50, targets: [target(first)] })],
    });
    expect(returned).toEqual(new Map([[4, by(7, 50)]]));
  });

  test('does not come back to what was rolled back before it, by itself or by a return', () => {
    const since = rollout(3);
    const entries = (last: StreamRollout) => [entry(4, { targets: [target(first), target(last)] })];
    const back = (last: StreamRollout) =>
      evaluate({ base: null, before: [first, rollout(2), last, since], entries: entries(last) }).returned;
    const second = rollout(20, { exposed: 25 });
    const rolledBack = { ...second, rolledBack: 39 };
    const returned = { ...second, returned: by(3, 39) };
    const stood = { ...second, rolledBack: 40 };
    expect([...back(rolledBack).keys()]).toEqual([2, 3]); // to the first
    expect([...back(returned).keys()]).toEqual([2, 3]);
    expect([...back(stood).keys()]).toEqual([3]); // to the second
  });

  test('does not come back to a return, but to what that one came back to', () => {
    const { relations, returned } = evaluate({
      base: null,
      before: [],
      entries: [
        entry(1),
        entry(2),
        entry(3, { targets: [target(first)] }),
        entry(4, { targets: [target(first), target(rollout(3))] }),
        entry(5),
        entry(6, { targets: [target(first), target(rollout(3)), target(rollout(4))] }),
      ],
    });
    expect([3, 4, 5, 6].map(id => relations.get(id)?.isReturn)).toEqual([true, true, false, true]);
    expect(returned).toEqual(
      new Map([
        [2, by(3)],
        [5, by(6)],
      ]),
    );
  });

  test('that none of the last targets explains ends the segment, where there may be older ones', () => {
    const last = rollout(2);
    const again = (hasOlderTargets: boolean) =>
      evaluate({
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
    const rolledBackNow = rollout(1, { rolledBack: 20 });
    const { relations, returned, evaluated } = evaluate({
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
    const { relations, returned } = evaluate({
      base: 5,
      before: [first, rollout(2, { returned: by(3) })],
      entries: [
        entry(3, { head: 25, was: aReturn(5) }), // it names something new by now
        entry(4, { exposed: 30, targets: [target(first)], was: aReturn(5) }),
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
    const { relations, returned } = evaluate({
      base: 5,
      before: [first, rollout(2, { returned: by(3, 35) })],
      entries: [entry(3, { targets: [target(first)], was: aReturn(5) })],
    });
    expect(relations.size).toBe(0);
    expect(returned).toEqual(new Map([[2, by(3, 30)]]));
  });

  test('that stands as it stood changes nothing', () => {
    const { relations, returned } = evaluate({
      base: 5,
      before: [first, rollout(2, { returned: by(3) })],
      entries: [entry(3, { head: 5, targets: [target(first)], was: aReturn(5) })],
    });
    expect([relations.size, returned.size]).toEqual([0, 0]);
  });

  test('is never rolled back by another return', () => {
    const { relations, returned } = evaluate({
      base: null,
      before: [],
      entries: [
        entry(1),
        entry(2),
        entry(3, { targets: [target(first)], returned: by(9) }),
        entry(4, { targets: [target(first)] }),
      ],
    });
    expect([3, 4].map(id => relations.get(id)?.isReturn)).toEqual([true, true]);
    expect(returned).toEqual(
      new Map([
        [2, by(3)],
        [3, null],
      ]),
    );
  });

  test('makes its newer version new again when that is tried another time', () => {
    const { relations } = evaluate({
      base: null,
      before: [],
      entries: [
        entry(1),
        entry(2),
        entry(3, { targets: [target(first)] }),
        entry(4),
        entry(5, { targets: [target(rollout(2))] }),
      ],
    });
    expect([3, 5].map(id => relations.get(id)?.isReturn)).toEqual([true, false]);
  });
});
