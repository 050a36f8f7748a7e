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

/** The record in PostgreSQL, as the consumer needs it. */
export class PostgresEventStore implements EventStore {
  readonly #db: Store;
  readonly #attributionWindowMinutes: number;
  readonly #observer: ConsumerObserver;
  readonly #tracing: Tracing | null;
  #agreed = false;

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
   * @throws {NotStorable} when one of the events is at fault
   * @throws {AttributionWindowDiffers} until the record was rebuilt with our attribution window
   */
  async store(
    events: readonly IdentifiedEvent[],
    receivedAt: number,
    origins: readonly TraceContext[],
  ): Promise<void> {
    if (!this.#agreed) await agreeOnAttributionWindow(this.#db, this.#attributionWindowMinutes);
    this.#agreed = true;
    const startedAt = performance.now();
    const outcome = await inTransactionSpan(
      this.#tracing,
      'record',
      { origins, items: events.length },
      span => this.#record(events, receivedAt, span && (this.#tracing?.carrierOf(span.context) ?? null)),
    );
    this.#observer.stored({
      ...outcome,
      events: events.length,
      seconds: (performance.now() - startedAt) / 1000,
    });
  }

  async #record(
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
        throw isAtFault(error) ? new NotStorable(error) : error;
      }
  }
}

/** Whether the events are to blame: waiting would not help them. */
function isAtFault(error: unknown): boolean {
  if (isUnavailable(error)) return false;
  return isDataError(error) || error instanceof TypeError || error instanceof RangeError;
}
