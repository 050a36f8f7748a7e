import type { Recorded } from '../../domain/identity.ts';
import { isAway, isRetryable } from '../../platform/database-errors.ts';
import type { Logger } from '../../platform/log.ts';
import { type Outcome, record } from '../../store/record.ts';
import type { Store } from '../../store/tables.ts';
import { type Publisher, Unavailable } from '../collector/publisher.ts';

export interface StorePublisherOptions {
  readonly db: Store;
  readonly blameWindowMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of every committed transaction, with the moment at which its oldest events came in. */
  readonly onStored: (outcome: Outcome, receivedAt: number) => void;
  readonly logger: Logger;
}

interface Request {
  readonly batch: readonly Recorded[];
  readonly receivedAt: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Requests are gathered up to so many events; a larger request has a transaction of its own. */
const eventsPerTransaction = 1_000;
/** More than this waiting is refused, rather than kept in memory. */
const eventsWaitingMax = 50_000;
const attemptsMax = 5;

/**
 * The standalone run's log: the database transaction itself. Requests that come while one transaction runs
 * share the next one, so that many small senders cost no more than one large one.
 */
export class StorePublisher implements Publisher {
  readonly #options: StorePublisherOptions;
  readonly #waiting: Request[] = [];
  #eventsWaiting = 0;
  #running: Promise<void> | null = null;

  constructor(options: StorePublisherOptions) {
    this.#options = options;
  }

  publish(batch: readonly Recorded[]): Promise<void> {
    if (this.#eventsWaiting > 0 && this.#eventsWaiting + batch.length > eventsWaitingMax)
      return Promise.reject(new Unavailable('too many events are waiting to be stored'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, receivedAt: this.#options.now(), resolve, reject });
      this.#eventsWaiting += batch.length;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything taken so far is stored or refused. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    for (let requests = this.#take(); requests.length > 0; requests = this.#take()) {
      await this.#storeTogether(requests);
      for (const { batch } of requests) this.#eventsWaiting -= batch.length;
    }
    this.#running = null;
  }

  #take(): Request[] {
    let events = 0;
    const end = this.#waiting.findIndex(({ batch }, index) => {
      events += batch.length;
      return index > 0 && events > eventsPerTransaction;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #storeTogether(requests: readonly Request[]): Promise<void> {
    try {
      await this.#store(requests);
      for (const { resolve } of requests) resolve();
    } catch (error) {
      if (isAway(error)) this.#refuse(requests, error);
      // One request must not take the others down with it.
      else if (requests.length > 1) for (const request of requests) await this.#storeTogether([request]);
      else for (const { reject } of requests) reject(error);
    }
  }

  #refuse(requests: readonly Request[], cause: unknown): void {
    this.#options.logger.warn({ err: cause }, 'the database is away: events are refused');
    for (const { reject } of requests) reject(new Unavailable('the database is away', 5, { cause }));
  }

  async #store(requests: readonly Request[]): Promise<void> {
    const { db, blameWindowMs, onStored } = this.#options;
    const receivedAt = Math.min(...requests.map(request => request.receivedAt));
    const batch = requests.flatMap(request => request.batch);
    for (let attempt = 1; ; attempt++)
      try {
        onStored(await record(db, batch, { blameWindowMs, receivedAt }), receivedAt);
        return;
      } catch (error) {
        if (!isRetryable(error) || attempt >= attemptsMax) throw error;
      }
  }
}
