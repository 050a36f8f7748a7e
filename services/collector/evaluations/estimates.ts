import { identify } from '../../../domain/events/identity.ts';
import type { Logger } from '../../../platform/telemetry/log.ts';
import type { IngestObserver } from '../observer.ts';
import { type Publisher, Unavailable } from '../publish/publisher.ts';
import type { Evaluation } from '../sources/otlp/otlp-logs.ts';
import { type Estimate, Evaluations } from './evaluations.ts';

export interface EstimatesOptions {
  readonly publisher: Publisher;
  readonly observer: IngestObserver;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** How often shares are looked at, and what the log did not take is sent again, in milliseconds. */
const every = 1_000;
/** Events that wait while the log is away; more are lost, as estimates may be. */
const waitingMax = 10_000;
/** Events that are published at once. */
const batchMax = 1_000;

/** Publishes what evaluations come to, behind the requests that bring them. */
export class Estimates {
  readonly #options: EstimatesOptions;
  readonly #evaluations = new Evaluations();
  #waiting: readonly Estimate[] = [];
  #publishing: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  constructor(options: EstimatesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#add(this.#evaluations.due(options.now())), every);
    this.#timer.unref();
  }

  take(evaluations: readonly Evaluation[]): void {
    if (evaluations.length > 0) this.#add(this.#evaluations.take(evaluations, this.#options.now()));
  }

  /** Resolves when what waits is published, or is found not to be publishable now. */
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
      const some = this.#waiting.slice(0, batchMax);
      try {
        // Without a time of its own an event is the same whichever collector saw it first.
        await publisher.publish(some.map(({ event, at }) => identify(event, 'otlp-logs', at)));
        for (const { event } of some) observer.accepted('logs', event.type, 1);
      } catch (error) {
        if (error instanceof Unavailable) return;
        logger.error({ err: error, lost: some.length }, 'estimates of flags could not be published');
      }
      this.#waiting = this.#waiting.slice(some.length);
    }
  }
}
