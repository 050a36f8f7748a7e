import type { Recorded } from '../../domain/identity.ts';
import { isAway, isRetryable } from '../../platform/database-errors.ts';
import { Full, Gatherer } from '../../platform/gather.ts';
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
}

const attemptsMax = 5;

/**
 * The standalone run's log: the database transaction itself. Requests that come while one transaction runs
 * share the next one.
 */
export class StorePublisher implements Publisher {
  readonly #options: StorePublisherOptions;
  readonly #gatherer: Gatherer<Request>;

  constructor(options: StorePublisherOptions) {
    this.#options = options;
    this.#gatherer = new Gatherer({
      weigh: ({ batch }) => batch.length,
      weightMax: 1_000,
      waitingMax: 50_000,
      run: requests => this.#store(requests),
      mayBeOne: error => !isAway(error),
    });
  }

  async publish(batch: readonly Recorded[]): Promise<void> {
    try {
      await this.#gatherer.give({ batch, receivedAt: this.#options.now() });
    } catch (cause) {
      if (cause instanceof Full) throw new Unavailable('too many events are waiting to be stored');
      if (isAway(cause)) throw new Unavailable('the database is away', 5, { cause });
      throw cause;
    }
  }

  /** Resolves when everything taken so far is stored or refused. */
  drained(): Promise<void> {
    return this.#gatherer.drained();
  }

  async #store(requests: readonly Request[]): Promise<void> {
    const { db, blameWindowMs, onStored, logger } = this.#options;
    const receivedAt = Math.min(...requests.map(request => request.receivedAt));
    const batch = requests.flatMap(request => request.batch);
    for (let attempt = 1; ; attempt++)
      try {
        onStored(await record(db, batch, { blameWindowMs, receivedAt }), receivedAt);
        return;
      } catch (error) {
        if (isAway(error)) logger.warn({ err: error }, 'the database is away: events are refused');
        if (!isRetryable(error) || attempt >= attemptsMax) throw error;
      }
  }
}
