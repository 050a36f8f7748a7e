import type { History } from './first-parents.ts';
import { shortSha } from './git.ts';
import type { Notes } from './notes.ts';

/** A commit whose message says that it reverts others. */
export interface RevertMessage {
  /** The SHA of the commit that reverts. */
  readonly sha: string;
  /** The SHAs that it reverts: at least 7 digits, in lower case. */
  readonly reverted: readonly string[];
}

const sentence = /\bthis reverts commits?\s+((?:[0-9a-f]{7,64}\b(?:,\s*and\s+|\s+and\s+|,\s*|\s+)?)+)/gi;

/**
 * The SHAs that a commit reverts according to its message, each once. `git revert` writes
 * `This reverts commit <sha>.`; for a merge it adds `, reversing changes made to <sha>.`, which is not another revert.
 */
export function revertedIn(message: string): string[] {
  const found = [...message.matchAll(sentence)].flatMap(
    ([, list = '']) => list.match(/[0-9a-f]{7,64}/gi) ?? [],
  );
  return [...new Set(found.map(sha => sha.toLowerCase()))];
}

/** A commit of the branch that reverts an earlier one. */
export interface Revert {
  /** The SHA of the commit that reverts. */
  readonly by: string;
  /** The SHA that its message names. */
  readonly reverted: string;
  /** The position of the first-parent commit that brought the reverted commit in. */
  readonly revertedPosition: number;
}

/**
 * The reverts in the messages, by the position of the change that brought them in. A revert of a commit of the same
 * change (both are in one pull request) is left out.
 * @param messages of all commits of the branch
 */
export function revertsOf(
  messages: readonly RevertMessage[],
  history: History,
  notes: Notes,
): Map<number, Revert[]> {
  const reverts = new Map<number, Revert[]>();
  for (const { sha, reverted } of messages) {
    const position = history.positionOf(sha);
    if (position === null) continue;
    for (const name of reverted) {
      const revertedPosition = history.positionOf(name);
      if (revertedPosition === null)
        notes.add(
          'reverts of a commit that is not on the branch, not counted',
          `${shortSha(sha)} of ${shortSha(name)}`,
        );
      else if (revertedPosition < position)
        reverts.set(position, [
          ...(reverts.get(position) ?? []),
          { by: sha, reverted: name, revertedPosition },
        ]);
    }
  }
  return reverts;
}
