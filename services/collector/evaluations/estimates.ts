import { identify } from '../../../domain/events/identity.ts';
import type { Logger } from '../../../platform/telemetry/log.ts';
import type { IngestObserver } from '../observer.ts';
import { type Publisher, Unavailable } from '../publish/publisher.ts';
import type { Evaluation } from '../sources/otlp/flag-records.ts';
import { type Estimate, Evaluations } from './evaluations.ts';

export interface EstimatesOptions {
  readonly publisher: Publisher;
  readonly observer: IngestObserver;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** How often shares are computed, and unpublished events are published again, in milliseconds. */
const intervalMs = 1_000;
/** Maximum number of events that wait while the log is away; further ones are lost, which an estimate tolerates. */
const waitingMax = 10_000;
/** Maximum number of events in one batch. */
const batchMax = 1_000;

/** Counts evaluations of flags and publishes estimates, after the requests were answered. */
export class Estimates {
  readonly #options: EstimatesOptions;
  readonly #evaluations = new Evaluations();
  #waiting: readonly Estimate[] = [];
  #publishing: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  constructor(options: EstimatesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#add(this.#evaluations.due(options.now())), intervalMs);
    this.#timer.unref();
  }

  take(evaluations: readonly Evaluation[]): void {
    if (evaluations.length > 0) this.#add(this.#evaluations.take(evaluations, this.#options.now()));
  }

  /** Publishes the waiting events, or gives up if the log is away. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#publishing;
    await this.#publish();
  }

  #add(estimates: readonly Estimate[]): void {
    const free = waitingMax - this.#waiting.length;
    this.#waiting = [...this.#waiting, ...estimates.slice(0, free)];
    if (estimates.length > free)
      this.#options.logger.warn(
        { lost: estimates.length - free },
        'estimates of flags were lost: too many wait',
      );
    if (this.#waiting.length === 0 || this.#publishing !== null) return;
    this.#publishing = this.#publish().finally(() => {
      this.#publishing = null;
    });
  }

  async #publish(): Promise<void> {
    const { publisher, observer, logger } = this.#options;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, batchMax);
      try {
        // The time is not a part of the sent event, so that all collectors give a first sight the same digest.
        await publisher.publish(batch.map(({ event, at }) => identify(event, 'otlp-logs', at)));
        for (const { event } of batch) observer.accepted('logs', event.type, 1);
      } catch (error) {
        if (error instanceof Unavailable) return;
        logger.error({ err: error, lost: batch.length }, 'estimates of flags could not be published');
      }
      this.#waiting = this.#waiting.slice(batch.length);
    }
  }
}
