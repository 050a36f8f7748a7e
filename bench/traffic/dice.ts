/**
 * Reproducible chance: FNV-1a over a seed and a question, mixed as in MurmurHash3.
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
function roll(seed: string, question: string): number {
  let hash = 0x811c9dc5;
  for (const text of [seed, question])
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** From 0 (included) to 1 (excluded). */
export const uniform = (seed: string, question: string): number => roll(seed, question) / 2 ** 32;

/** A whole number from 0 to `count - 1`. */
export const pick = (seed: string, question: string, count: number): number =>
  Math.floor(uniform(seed, question) * count);

/** True in `share` of the cases. */
export const chance = (seed: string, question: string, share: number): boolean =>
  uniform(seed, question) < share;
