import { setTimeout as sleep } from 'node:timers/promises';

export interface GatherOptions<T> {
  /** What an item weighs: events, or bytes. */
  readonly weightOf: (item: T) => number;
  /** Items are gathered up to this weight; a heavier one goes alone. */
  readonly weightMax: number;
  /** More than this waiting is refused, rather than kept in memory. */
  readonly waitingMax: number;
  /** How long the first item of a group waits for company, in milliseconds. Default 0: only while another group runs. */
  readonly lingerMs?: number;
  /**
   * How long the next group waits at most after one of several items, in milliseconds, for as many to come as were
   * answered, so that those who send again share it with those who wait already. For work that costs much however
   * little it is. Default 0.
   */
  readonly pauseMs?: number;
  /** Does the work of a group; groups run one after the other. */
  readonly run: (items: readonly T[]) => Promise<void>;
  /** Whether one item may have failed the whole group; each is then run alone. Default: never. */
  readonly splitsGroup?: (error: unknown) => boolean;
}

/** So much is waiting that no more is taken. */
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
 * Gathers what comes while a group is at work into the next group, so that many small pieces of work cost no
 * more than one large one.
 */
export class Gatherer<T> {
  readonly #options: GatherOptions<T>;
  readonly #waiting: Waiting<T>[] = [];
  #weightWaiting = 0;
  #running: Promise<void> | null = null;
  /** Told once so many are waiting, or a full group. */
  #awaited = { count: Number.POSITIVE_INFINITY, come: () => {} };

  constructor(options: GatherOptions<T>) {
    this.#options = options;
  }

  /**
   * Resolves when the group of the item is done.
   * @throws what `run` threw for it
   * @throws {QueueFull} when too much is waiting
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
      if (isFull || this.#waiting.length >= this.#awaited.count) this.#awaited.come();
    });
  }

  /** Resolves when everything given so far is done or has failed. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #work(): Promise<void> {
    const { lingerMs = 0, pauseMs = 0, weightMax } = this.#options;
    if (lingerMs > 0) await sleep(lingerMs);
    for (let group = this.#take(); group.length > 0; group = this.#take()) {
      await this.#runGroup(group);
      for (const { weight } of group) this.#weightWaiting -= weight;
      // One who is alone has nobody to wait for, and a full group is not made cheaper by waiting.
      if (pauseMs > 0 && group.length > 1 && this.#weightWaiting < weightMax)
        await this.#more(group.length, pauseMs);
    }
    this.#running = null;
  }

  /** Resolves when so many more are waiting, or a full group, after `ms` at the latest. */
  async #more(count: number, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#awaited = { count: this.#waiting.length + count, come: resolve };
    await promise;
    clearTimeout(timer);
    this.#awaited = { count: Number.POSITIVE_INFINITY, come: () => {} };
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
