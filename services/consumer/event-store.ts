import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import { isDataError, isRetryable, isUnavailable } from '../../platform/database/errors.ts';
import { inTransactionSpan } from '../../platform/telemetry/database-spans.ts';
import type { TraceContext, Tracing } from '../../platform/telemetry/spans.ts';
import { agreeOnAttributionWindow } from '../../store/schema/settings.ts';
import type { Store } from '../../store/schema/tables.ts';
import { type PreparedEvent, prepareEvent } from '../../store/write/raw-events.ts';
import { type Outcome, storeEvents } from '../../store/write/store-events.ts';
import { type EventStore, eventsPerTransaction, NotStorable } from './consume.ts';
import type { ConsumerObserver } from './observer.ts';

const attemptsMax = 5;

/** The consumer's port to the store in PostgreSQL. */
export class PostgresEventStore implements EventStore {
  readonly #db: Store;
  readonly #attributionWindowMinutes: number;
  readonly #observer: ConsumerObserver;
  readonly #tracing: Tracing | null;
  #hasAgreed = false;

  constructor(
    db: Store,
    attributionWindowMinutes: number,
    observer: ConsumerObserver,
    tracing: Tracing | null,
  ) {
    this.#db = db;
    this.#attributionWindowMinutes = attributionWindowMinutes;
    this.#observer = observer;
    this.#tracing = tracing;
  }

  prepare(event: IdentifiedEvent): PreparedEvent {
    return prepareEvent(event);
  }

  /**
   * @throws {NotStorable} if one of the events is at fault
   * @throws {AttributionWindowDiffers} until the store is rebuilt with our attribution window
   */
  async store(
    events: readonly IdentifiedEvent[],
    receivedAt: number,
    origins: readonly TraceContext[],
  ): Promise<void> {
    if (!this.#hasAgreed) await agreeOnAttributionWindow(this.#db, this.#attributionWindowMinutes);
    this.#hasAgreed = true;
    const startedAt = performance.now();
    const outcome = await inTransactionSpan(
      this.#tracing,
      'record',
      { origins, items: events.length },
      span =>
        this.#storeWithRetries(events, receivedAt, span && (this.#tracing?.carrierOf(span.context) ?? null)),
    );
    this.#observer.stored({
      ...outcome,
      events: events.length,
      seconds: (performance.now() - startedAt) / 1000,
    });
  }

  async #storeWithRetries(
    events: readonly IdentifiedEvent[],
    receivedAt: number,
    trace: Readonly<Record<string, string>> | null,
  ): Promise<Outcome> {
    const options = {
      attributionWindowMs: this.#attributionWindowMinutes * 60_000,
      receivedAt,
      trace,
      sliceEvents: eventsPerTransaction,
    };
    for (let attempt = 1; ; attempt++)
      try {
        return await storeEvents(this.#db, events, options);
      } catch (error) {
        if (isRetryable(error) && attempt < attemptsMax) continue;
        throw isCausedByEvents(error) ? new NotStorable(error) : error;
      }
  }
}

/** Whether the events caused the error, so that a retry would fail too. */
function isCausedByEvents(error: unknown): boolean {
  if (isUnavailable(error)) return false;
  return isDataError(error) || error instanceof TypeError || error instanceof RangeError;
}
