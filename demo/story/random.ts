/**
 * Random numbers that depend on the names only, so that any part of the story can be made again.
 * The generator is mulberry32; its seed is the FNV-1a hash of the names.
 * @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32
 * @see https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
 */
export class Random {
  #state: number;

  constructor(...names: readonly (string | number)[]) {
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(names.join('\0'))) hash = Math.imul(hash ^ byte, 0x01000193);
    this.#state = hash >>> 0;
  }

  /** From 0 (included) to 1 (excluded). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  /** A whole number, from both ends included. */
  whole(from: number, to: number): number {
    return Math.floor(this.between(from, to + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[Math.floor(this.next() * list.length)] ?? list[0];
  }

  /** A log-normal value: half of the values are below the median, and few are far above. */
  around(median: number, spread = 0.5): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(spread * Math.max(-2.5, Math.min(2.5, normal)));
  }

  /** A whole number next to `mean`, such that the mean of many values is `mean`. */
  about(mean: number): number {
    return Math.floor(mean) + (this.chance(mean % 1) ? 1 : 0);
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.whole(0, 15).toString(16)).join('');
  }
}
