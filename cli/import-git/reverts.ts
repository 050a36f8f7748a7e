/** A commit whose message says that it reverts others. */
export interface RevertMessage {
  /** The SHA of the commit that reverts. */
  readonly sha: string;
  /** The SHAs that it names, 7 digits or more, in lower case. */
  readonly reverted: readonly string[];
}

const sentence = /\bthis reverts commits?\s+((?:[0-9a-f]{7,64}\b(?:,\s*and\s+|\s+and\s+|,\s*|\s+)?)+)/gi;

/**
 * The SHAs that a commit message says it reverts, each once: `git revert` writes
 * `This reverts commit <sha>.`, and for a merge adds `, reversing changes made to <sha>.`, which names no further one.
 */
export function revertedIn(message: string): string[] {
  const found = [...message.matchAll(sentence)].flatMap(
    ([, list = '']) => list.match(/[0-9a-f]{7,64}/gi) ?? [],
  );
  return [...new Set(found.map(sha => sha.toLowerCase()))];
}
