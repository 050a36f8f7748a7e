import { setTimeout as sleep } from 'node:timers/promises';

export interface GatherOptions<T> {
  /** The weight of an item, such as its number of events or bytes. */
  readonly weightOf: (item: T) => number;
  /** The largest weight of a group. A heavier item forms a group alone. */
  readonly weightMax: number;
  /** The largest weight of all waiting items together; further items are refused. */
  readonly waitingMax: number;
  /** How long an item that finds no group at work waits for others, in milliseconds. Default 0. */
  readonly lingerMs?: number;
  /**
   * The longest pause after a group of several items, in milliseconds. It ends when as many new items have come as
   * the group had, so that callers who add their next item at once share a group with the items already waiting.
   * For work with a high fixed cost. Default 0.
   */
  readonly pauseMs?: number;
  /** Does the work of a group. Groups run one after the other. */
  readonly run: (items: readonly T[]) => Promise<void>;
  /** Whether a single item may have caused the error of its group: each item then runs alone. Default: never. */
  readonly splitsGroup?: (error: unknown) => boolean;
}

/** The waiting items have reached their largest weight, so the new item is refused. */
export class QueueFull extends Error {
  constructor() {
    super('too much is waiting');
    this.name = 'Full';
  }
}

interface Waiting<T> {
  readonly item: T;
  readonly weight: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs work in groups: the items that are added while one group is at work form the next group, so that many small
 * pieces of work cost no more than one large piece.
 */
export class Gatherer<T> {
  readonly #options: GatherOptions<T>;
  readonly #waiting: Waiting<T>[] = [];
  #weightWaiting = 0;
  #running: Promise<void> | null = null;
  /** Ends the pause between two groups once `count` items, or a full group, are waiting. */
  #pause = { count: Number.POSITIVE_INFINITY, end: () => {} };

  constructor(options: GatherOptions<T>) {
    this.#options = options;
  }

  /**
   * Resolves when the group of the item is done.
   * @throws the error of `run` for this item
   * @throws {QueueFull} when too many items are waiting
   */
  add(item: T): Promise<void> {
    const weight = this.#options.weightOf(item);
    if (this.#weightWaiting > 0 && this.#weightWaiting + weight > this.#options.waitingMax)
      return Promise.reject(new QueueFull());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, weight, resolve, reject });
      this.#weightWaiting += weight;
      this.#running ??= this.#work();
      const isFull = this.#weightWaiting >= this.#options.weightMax;
      if (isFull || this.#waiting.length >= this.#pause.count) this.#pause.end();
    });
  }

  /** Resolves when all items added so far are done or have failed. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #work(): Promise<void> {
    const { lingerMs = 0, pauseMs = 0, weightMax } = this.#options;
    if (lingerMs > 0) await sleep(lingerMs);
    for (let group = this.#take(); group.length > 0; group = this.#take()) {
      await this.#runGroup(group);
      for (const { weight } of group) this.#weightWaiting -= weight;
      // A single caller has no other to share a group with, and a full group can start at once.
      if (pauseMs > 0 && group.length > 1 && this.#weightWaiting < weightMax)
        await this.#waitForItems(group.length, pauseMs);
    }
    this.#running = null;
  }

  /** Resolves when `count` more items, or a full group, are waiting, and after `ms` at the latest. */
  async #waitForItems(count: number, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#pause = { count: this.#waiting.length + count, end: resolve };
    await promise;
    clearTimeout(timer);
    this.#pause = { count: Number.POSITIVE_INFINITY, end: () => {} };
  }

  #take(): Waiting<T>[] {
    let total = 0;
    const end = this.#waiting.findIndex(({ weight }, index) => {
      total += weight;
      return index > 0 && total > this.#options.weightMax;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #runGroup(group: readonly Waiting<T>[]): Promise<void> {
    const { run, splitsGroup = () => false } = this.#options;
    try {
      await run(group.map(({ item }) => item));
      for (const { resolve } of group) resolve();
    } catch (error) {
      if (group.length > 1 && splitsGroup(error)) for (const each of group) await this.#runGroup([each]);
      else for (const { reject } of group) reject(error);
    }
  }
}
