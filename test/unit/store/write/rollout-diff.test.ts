import { describe, expect, test } from 'vitest';
import { type RolloutFacts, unknownRollout } from '../../../../domain/delivery/facts.ts';
import {
  diffRollout,
  type RolloutRow,
  rowFactsOf,
  totalsChanges,
} from '../../../../store/write/rollout-diff.ts';

const row = (known: Partial<RolloutFacts> = {}): RolloutRow => ({
  id: 7,
  streamId: 1,
  name: 'r1',
  ...rowFactsOf({ ...unknownRollout, exposedAt: 20, ...known }),
});
const diff = (reported: Partial<RolloutFacts>, known: Partial<RolloutFacts> = {}) =>
  diffRollout(row(known), { ...unknownRollout, ...reported });

describe('the diff of a rollout', () => {
  test.each<[Partial<RolloutFacts>]>([
    [{}],
    [{ exposedAt: 20 }],
    [{ exposedAt: 30 }],
    [{ changes: new Set(['c1']), steps: new Map([[20, 5]]), incidents: new Set(['i1']) }],
  ])('is none where its row stays as it is: %o', reported => {
    expect(diff(reported)).toBeNull();
  });

  test.each<[Partial<RolloutFacts>, { isMoved: boolean; isRegrouped: boolean }]>([
    [{ exposedAt: 10 }, { isMoved: true, isRegrouped: true }],
    [{ fullAt: 25 }, { isMoved: true, isRegrouped: true }],
    [{ flag: true }, { isMoved: true, isRegrouped: true }],
    [{ drill: true }, { isMoved: true, isRegrouped: true }],
    [{ rolledBackAt: 30 }, { isMoved: true, isRegrouped: false }],
    [{ rework: true }, { isMoved: false, isRegrouped: false }],
    [{ progressive: true }, { isMoved: false, isRegrouped: false }],
  ])('tells what follows from %o', (reported, follows) => {
    expect(diff(reported)).toEqual({ before: row(), after: row(reported), ...follows });
  });

  test('joins the cause of the same rollback, which moves nothing', () => {
    const known = { rolledBackAt: 30 };
    const reported = { rolledBackAt: 30, cause: 'manual', rolledBackFrom: 25 } as const;
    expect(diff(reported, known)).toEqual({
      before: row(known),
      after: row(reported),
      isMoved: false,
      isRegrouped: false,
    });
  });
});

describe('the totals of streams', () => {
  const rollout = (
    known: { streamId?: number; exposedAt?: number | null; drill?: boolean; rolledBackAt?: number } = {},
  ) => ({ streamId: 1, exposedAt: 10, drill: false, rolledBackAt: null, ...known });

  test('new rollouts that are exposed are added to the totals of their streams', () => {
    const made = [rollout(), rollout({ rolledBackAt: 20 }), rollout({ streamId: 2 })];
    expect(totalsChanges([], made)).toEqual([
      { streamId: 1, exposed: 2, rolledBack: 1 },
      { streamId: 2, exposed: 1, rolledBack: 0 },
    ]);
  });

  test('drills, and rollouts whose exposure is not known, are in no total', () => {
    expect(
      totalsChanges([], [rollout({ drill: true }), rollout({ exposedAt: null, rolledBackAt: 5 })]),
    ).toEqual([]);
  });

  test.each([
    ['is rolled back', {}, { rolledBackAt: 20 }, { exposed: 0, rolledBack: 1 }],
    [
      'turns out to be a drill',
      { rolledBackAt: 20 },
      { drill: true, rolledBackAt: 20 },
      { exposed: -1, rolledBack: -1 },
    ],
    [
      'is exposed after its rollback',
      { exposedAt: null, rolledBackAt: 5 },
      { rolledBackAt: 5 },
      { exposed: 1, rolledBack: 1 },
    ],
  ])('a known rollout that %s moves the totals by the difference', (_what, before, after, change) => {
    expect(totalsChanges([rollout(before)], [rollout(after)])).toEqual([{ streamId: 1, ...change }]);
  });

  test('totals that stay are left out', () => {
    expect(totalsChanges([rollout()], [rollout({ exposedAt: 5 })])).toEqual([]);
  });
});
