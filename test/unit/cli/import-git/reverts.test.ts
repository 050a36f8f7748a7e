import { describe, expect, test } from 'vitest';
import { revertedIn } from '../../../../cli/import-git/reverts.ts';

describe('a commit message', () => {
  const a = 'a1'.repeat(20);
  const b = 'b2'.repeat(20);

  test.each([
    [`Revert "x"\n\nThis reverts commit ${a}.`, [a]],
    [`This reverts commit ${a}, reversing\nchanges made to ${b}.`, [a]],
    [`This reverts commits ${a}, ${b.slice(0, 7)} and ${a.slice(0, 9)}.`, [a, b.slice(0, 7), a.slice(0, 9)]],
    [`This reverts commit ${a}.\nThis reverts commit ${b}.\nThis reverts commit ${a}.`, [a, b]],
    [`this reverts commit\n${a.toUpperCase()}`, [a]],
    ['This reverts commit abc123.', []],
    ['This reverts commit of yesterday', []],
    [`Fixes ${a}`, []],
  ])('%j reverts %j', (message, reverted) => {
    expect(revertedIn(message)).toEqual(reverted);
  });
});
