import { expect, test } from 'vitest';
import { totalsChanges } from '../../../../store/write/stream-totals.ts';

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
