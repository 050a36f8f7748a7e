import { hash } from 'node:crypto';

/** The number of values of a 48-bit digest. */
const digestValues = 2 ** 48;

/**
 * A uniform sample of contexts, with what each was served last. It keeps the contexts with the smallest digests: a
 * context counts once, however often it asks, and memory is bounded. The digests are salted, so that nobody can find out
 * the context of a digest.
 */
export class ContextSample<Served> {
  readonly #salt: string;
  readonly #sizeMax: number;
  readonly #served = new Map<number, Served>();
  #below = digestValues;

  /** @param sizeMax number of contexts that are kept; at times up to twice as many */
  constructor(salt: string, sizeMax: number) {
    this.#salt = salt;
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#served.size;
  }

  /** @param context null if it is not known: then it counts as a context of its own */
  add(context: string | null, served: Served): void {
    const digest = context === null ? Math.floor(Math.random() * digestValues) : this.#digestOf(context);
    if (digest >= this.#below) return;
    this.#served.set(digest, served);
    if (this.#served.size >= this.#sizeMax * 2) this.#shrink();
  }

  /** The number of contexts that were served each value. */
  counts(): Map<Served, number> {
    const counts = new Map<Served, number>();
    for (const served of this.#served.values()) counts.set(served, (counts.get(served) ?? 0) + 1);
    return counts;
  }

  #digestOf(context: string): number {
    return Number.parseInt(hash('sha256', this.#salt + context).slice(0, 12), 16);
  }

  #shrink(): void {
    const digests = Float64Array.from(this.#served.keys()).sort();
    this.#below = digests[this.#sizeMax] ?? digestValues;
    for (const digest of digests.subarray(this.#sizeMax)) this.#served.delete(digest);
  }
}
