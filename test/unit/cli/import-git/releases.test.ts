import { expect, test } from 'vitest';
import type { History } from '../../../../cli/import-git/first-parents.ts';
import { Notes } from '../../../../cli/import-git/notes.ts';
import { releaseCarrying, releasesOf } from '../../../../cli/import-git/releases.ts';

const day = 86_400_000;
const begin = Date.UTC(2026, 0, 1);
const nowMs = begin + 100 * day;

/** A branch with one commit a day; a tag is on the commit of its position, and is of the same time or the given one. */
function releases(
  ...tags: readonly (readonly [name: string, position: number | null, taggedDay?: number])[]
) {
  const history: History = {
    commits: 10,
    mergedMs: Array.from({ length: 10 }, (_, position) => begin + position * day),
    createdMs: [],
    tagged: new Map(
      tags.map(([name, position]) => [name, { committedMs: begin + (position ?? 0) * day, position }]),
    ),
    positionOf: () => null,
  };
  const releaseTags = tags.map(([name, , taggedDay]) => ({
    name,
    commit: name,
    taggedMs: taggedDay === undefined ? null : begin + taggedDay * day,
  }));
  const notes = new Notes();
  return { found: releasesOf(releaseTags, history, nowMs, notes), notes: notes.lines() };
}

test('each release has the commits since the one before, and the first only its newest', () => {
  const { found, notes } = releases(['v2', 6], ['v1', 3]);
  expect(found).toEqual([
    { tag: 'v1', position: 3, oldest: 3, exposedMs: begin + 3 * day },
    { tag: 'v2', position: 6, oldest: 4, exposedMs: begin + 6 * day },
  ]);
  expect(notes).toEqual([]);
  expect([2, 3, 4, 6, 7].map(position => releaseCarrying(found, position)?.tag ?? null)).toEqual([
    null,
    'v1',
    'v2',
    'v2',
    null,
  ]);
});

test('a release is exposed at the time of its tag, and not before its commit was merged', () => {
  const { found } = releases(['late', 3, 5], ['early', 6, 1]);
  expect(found.map(({ tag, exposedMs }) => [tag, (exposedMs - begin) / day])).toEqual([
    ['late', 5],
    ['early', 6],
  ]);
});

test('tags that are not releases of the branch are left out with a note', () => {
  const { found, notes } = releases(
    ['v1', 3],
    ['v2', 6],
    ['again', 6, 7],
    ['backport', 4, 8],
    ['elsewhere', null],
    ['future', 9, 200],
    ['predated', 0, -20_000],
  );
  expect(found.map(({ tag }) => tag)).toEqual(['predated', 'v1', 'v2']);
  expect(notes).toEqual([
    'tags that share no history with the branch, left out: 1 (elsewhere)',
    'tags dated in the future, left out: 1 (future)',
    'tags without new commits on the branch, left out: 1 (again after v2)',
    'tags that are behind an earlier one (backports), left out: 1 (backport after v2)',
  ]);
});
