import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import type { TraceContext } from '../../../platform/telemetry/spans.ts';

/** Where the collector's checked events go: Kafka, or in the standalone run the store itself. */
export interface Publisher {
  /**
   * Resolves once every event of the batch is durable; the batch is taken whole or not at all.
   * @param trace the request's, if it is traced
   * @throws {Unavailable} when the log cannot take it now; the sender may try again.
   */
  publish(batch: readonly IdentifiedEvent[], trace?: TraceContext | null): Promise<void>;
}

/** The log is away or full; nothing of the batch was promised to the sender. */
export class Unavailable extends Error {
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unavailable';
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
