import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import type { TraceContext } from '../../../platform/telemetry/spans.ts';

/** The port to the log: Kafka, or in the standalone run the store itself. */
export interface Publisher {
  /**
   * Publishes all events of a batch or none. Resolves once they are durable.
   * @param trace the trace of the request, if it is traced
   * @throws {Unavailable} if the log cannot take the batch now; the sender may repeat it
   */
  publish(batch: readonly IdentifiedEvent[], trace?: TraceContext | null): Promise<void>;
}

/** The log is away or full. The sender has no promise for any event of the batch. */
export class Unavailable extends Error {
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unavailable';
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
