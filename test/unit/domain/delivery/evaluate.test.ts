import { describe, expect, test } from 'vitest';
import {
  type Entry,
  evaluate,
  type Relation,
  type Returned,
  type RollbackTarget,
  returnReachMs,
  type Segment,
  type StreamRollout,
} from '../../../../domain/delivery/evaluate.ts';
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
}
const entry = (id: number, { head = undefined, targets = [], ...known }: KnownEntry = {}): Entry => ({
  ...rollout(id, known),
  ownHead: head ?? null,
  targets,
});

/** What all entries of a segment are found to be, by rollout. */
function evaluateAll(segment: Segment) {
  const relations = new Map<number, Relation>();
  const returned = new Map<number, Returned | null>();
  for (const result of evaluate(segment)) {
    relations.set(result.entry.id, result.relation);
    for (const [id, now] of result.returned) returned.set(id, now);
  }
  return { relations, returned, evaluated: relations.size };
}

describe('heads', () => {
  test('each rollout carries from the latest head before it up to its own', () => {
    const { relations, returned, evaluated } = evaluateAll({
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
    const { relations } = evaluateAll({ base: 9, before: [rollout(1)], entries: [entry(2, { head: 18 })] });
    expect(relations).toEqual(new Map([[2, relation(9, 18)]]));
  });

  test('a flag rollout is no head for others', () => {
    const { relations } = evaluateAll({
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

describe('a return', () => {
  const first = rollout(1);

  test('carries nothing, is no head, and rolls back what was exposed since', () => {
    const { relations, returned } = evaluateAll({
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
      evaluateAll({
        base: 5,
        before: [],
        entries: [entry(9, { head: 5, targets: [target(first, followed)] })],
      });
    expect(again(false).relations).toEqual(new Map([[9, relation(5, 5)]]));
    expect(again(true).relations).toEqual(new Map([[9, aReturn(5)]]));
  });

  test('is not made by a flag rollout or another return since', () => {
    const { relations, returned } = evaluateAll({
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
    expect(evaluateAll({ base: null, before, entries: entries(true) }).returned.size).toBe(0);
    expect(evaluateAll({ base: null, before, entries: entries(false) }).returned).toEqual(
      new Map([[2, by(4)]]),
    );
  });

  test('reaches back thirty days and no further', () => {
    const at = 100 * 86_400_000;
    const { returned } = evaluateAll({
      base: null,
      before: [
        first,
        rollout(2, { exposedAt: at - returnReachMs - 1 }),
        rollout(3, { exposedAt: at - returnReachMs }),
      ],
      entries: [entry(4, { exposedAt: at, targets: [target(first)] })],
    });
    expect(returnReachMs).toBe(30 * 24 * 60 * 60 * 1000);
    expect(returned).toEqual(new Map([[3, by(4, at)]]));
  });

  test('leaves alone what was rolled back by then, and comes before a rollback reported later', () => {
    const { returned } = evaluateAll({
      base: null,
      before: [
        first,
        rollout(2, { rolledBackAt: 25 }),
        rollout(3, { rolledBackAt: 50 }),
        rollout(4, { rolledBackAt: 51 }),
        rollout(5, { exposedAt: 45, rolledBackAt: 51, returned: by(8, 48) }),
        rollout(6, { exposedAt: 45, rolledBackAt: 48, returned: by(8, 51) }),
      ],
      entries: [entry(7, { exposedAt: 50, targets: [target(first)] })],
    });
    expect(returned).toEqual(new Map([[4, by(7, 50)]]));
  });

  test('does not come back to what was rolled back before it, by itself or by a return', () => {
    const since = rollout(3);
    const entries = (last: StreamRollout) => [entry(4, { targets: [target(first), target(last)] })];
    const back = (last: StreamRollout) =>
      evaluateAll({ base: null, before: [first, rollout(2), last, since], entries: entries(last) }).returned;
    const second = rollout(20, { exposedAt: 25 });
    const rolledBack = { ...second, rolledBackAt: 39 };
    const returned = { ...second, returned: by(3, 39) };
    const stood = { ...second, rolledBackAt: 40 };
    expect([...back(rolledBack).keys()]).toEqual([2, 3]); // to the first
    expect([...back(returned).keys()]).toEqual([2, 3]);
    expect([...back(stood).keys()]).toEqual([3]); // to the second
  });

  test('does not come back to a return, but to what that one came back to', () => {
    const { relations, returned } = evaluateAll({
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

  test('is never rolled back by another return', () => {
    const { relations, returned } = evaluateAll({
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
    const { relations } = evaluateAll({
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
