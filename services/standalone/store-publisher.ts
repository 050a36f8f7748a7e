import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import { isRetryable, isUnavailable } from '../../platform/database/errors.ts';
import { Gatherer, QueueFull } from '../../platform/process/gather.ts';
import { inTransactionSpan } from '../../platform/telemetry/database-spans.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { TraceContext, Tracing } from '../../platform/telemetry/spans.ts';
import type { Store } from '../../store/schema/tables.ts';
import { insertDeadRequest } from '../../store/write/dead-requests.ts';
import { type Outcome, storeEvents } from '../../store/write/store-events.ts';
import type { DeadRequests } from '../collector/publish/dead-requests.ts';
import { type Publisher, Unavailable } from '../collector/publish/publisher.ts';

export interface StorePublisherOptions {
  readonly db: Store;
  readonly attributionWindowMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called after every committed transaction, with the time of receipt of its oldest events. */
  readonly onStored: (outcome: Outcome, receivedAt: number, trace: TraceHeaders | null) => void;
  readonly logger: Logger;
  /** Default null: there are no traces. */
  readonly tracing?: Tracing | null;
}

interface Request {
  readonly batch: readonly IdentifiedEvent[];
  readonly receivedAt: number;
  readonly trace: TraceContext | null;
}

type TraceHeaders = Readonly<Record<string, string>>;

const attemptsMax = 5;

/**
 * The collector's log in the standalone run: it stores events at once, in a transaction. Requests that arrive during a
 * transaction share the next one.
 */
export class StorePublisher implements Publisher {
  readonly #options: StorePublisherOptions;
  readonly #gatherer: Gatherer<Request>;

  constructor(options: StorePublisherOptions) {
    this.#options = options;
    this.#gatherer = new Gatherer({
      weightOf: ({ batch }) => batch.length,
      weightMax: 2_000,
      waitingMax: 50_000,
      pauseMs: 10,
      run: requests => this.#store(requests),
      splitsGroup: error => !isUnavailable(error),
    });
  }

  async publish(batch: readonly IdentifiedEvent[], trace: TraceContext | null = null): Promise<void> {
    try {
      await this.#gatherer.add({ batch, receivedAt: this.#options.now(), trace });
    } catch (cause) {
      if (cause instanceof QueueFull) throw new Unavailable('too many events are waiting to be stored');
      if (isUnavailable(cause)) throw new Unavailable('the database is away', 5, { cause });
      throw cause;
    }
  }

  /** Resolves when every batch given so far is stored or refused. */
  drained(): Promise<void> {
    return this.#gatherer.drained();
  }

  async #store(requests: readonly Request[]): Promise<void> {
    const { tracing = null } = this.#options;
    const batch = requests.flatMap(request => request.batch);
    const origins = requests.flatMap(request => request.trace ?? []);
    await inTransactionSpan(tracing, 'record', { origins, items: batch.length }, span => {
      const trace = span && (tracing?.carrierOf(span.context) ?? null);
      return this.#storeWithRetries(batch, Math.min(...requests.map(request => request.receivedAt)), trace);
    });
  }

  async #storeWithRetries(
    batch: readonly IdentifiedEvent[],
    receivedAt: number,
    trace: TraceHeaders | null,
  ): Promise<void> {
    const { db, attributionWindowMs, onStored, logger } = this.#options;
    for (let attempt = 1; ; attempt++)
      try {
        onStored(await storeEvents(db, batch, { attributionWindowMs, receivedAt, trace }), receivedAt, trace);
        return;
      } catch (error) {
        if (isUnavailable(error)) logger.warn({ err: error }, 'the database is away: events are refused');
        if (!isRetryable(error) || attempt >= attemptsMax) throw error;
      }
  }
}

/** Keeps dead requests in a table of the store. */
export function storeDeadRequests(db: Store): DeadRequests {
  return {
    keep: async request => {
      try {
        await insertDeadRequest(db, request);
      } catch (cause) {
        if (isUnavailable(cause)) throw new Unavailable('the database is away', 5, { cause });
        throw cause;
      }
    },
  };
}
