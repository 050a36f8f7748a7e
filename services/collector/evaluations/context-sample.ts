import { hash } from 'node:crypto';

/** One value more than a digest of 48 bits can have. */
const end = 2 ** 48;

/**
 * What each of a fair sample of contexts was served last. Those with the smallest digests are kept, so that a
 * context counts once however often it asks, and memory stays bounded however many there are. The digests are
 * salted: who a context is cannot be found out from them.
 */
export class ContextSample<Served> {
  readonly #salt: string;
  readonly #most: number;
  readonly #served = new Map<number, Served>();
  #below = end;

  /** @param most how many contexts are kept; for a while twice as many */
  constructor(salt: string, most: number) {
    this.#salt = salt;
    this.#most = most;
  }

  get size(): number {
    return this.#served.size;
  }

  /** @param context null where it is not known: then it counts as one of its own */
  add(context: string | null, served: Served): void {
    const digest = context === null ? Math.floor(Math.random() * end) : this.#digestOf(context);
    if (digest >= this.#below) return;
    this.#served.set(digest, served);
    if (this.#served.size >= this.#most * 2) this.#shrink();
  }

  /** How many contexts of the sample were served each thing. */
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
    this.#below = digests[this.#most] ?? end;
    for (const digest of digests.subarray(this.#most)) this.#served.delete(digest);
  }
}
