import type { Logger } from '../telemetry/log.ts';

/** A started part of the process, which has to be stopped. */
export interface Component {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

const defaultDeadlineMs = 10_000;
/** Within this time, two signals come from the same Ctrl-C: the terminal sends one, and npm passes it on as another. */
const sameSignalMs = 500;

/**
 * Stops the components one after the other, the last one first. If one fails, the others are stopped all the same.
 * Each is removed from the list first, so a component that is added meanwhile is stopped too.
 * @param deadlineMs for all components together
 * @throws {AggregateError} with an error for each component that failed, and one if the deadline passed
 */
export async function stopInReverse(components: Component[], deadlineMs = defaultDeadlineMs): Promise<void> {
  const errors: Error[] = [];
  const timedOut = Symbol('timed out');
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<typeof timedOut>(resolve => {
    timer = setTimeout(resolve, deadlineMs, timedOut);
  });
  for (let component = components.pop(); component !== undefined; component = components.pop()) {
    const { name, stop } = component;
    try {
      const outcome = await Promise.race([Promise.resolve().then(stop), deadline]);
      if (outcome !== timedOut) continue;
      const remaining = [name, ...components.map(each => each.name).reverse()];
      errors.push(new Error(`not stopped within ${deadlineMs / 1000} s: ${remaining.join(', ')}`));
      break;
    } catch (error) {
      errors.push(new Error(`${name} did not stop cleanly: ${messageOf(error)}`, { cause: error }));
    }
  }
  clearTimeout(timer);
  if (errors.length > 0) throw new AggregateError(errors, 'the process did not stop cleanly');
}

/**
 * The life of a process: it starts in order, runs until a signal or a fatal error, stops in reverse order, and exits.
 *
 *     const lifecycle = new Lifecycle(logger);
 *     await lifecycle.run(async () => {
 *       const db = openPostgres(…);
 *       lifecycle.add('database', () => db.destroy());
 *     });
 *
 * The exit code is 0 if a signal ended the process and every component stopped cleanly within the deadline, otherwise 1.
 * A second Ctrl-C exits at once.
 */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #deadlineMs: number;
  readonly #components: Component[] = [];
  #stoppingSince: number | null = null;

  constructor(logger: Logger, options: { readonly deadlineMs?: number } = {}) {
    this.#logger = logger;
    this.#deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  }

  /** Registers a component as soon as it runs. Components that are added later are stopped earlier. */
  add(name: string, stop: () => Promise<void> | void): void {
    this.#components.push({ name, stop: async () => stop() });
  }

  /** Starts the process. If `start` fails, the components added so far are stopped and the process exits with 1. */
  async run(start: () => Promise<void>): Promise<void> {
    process.on('SIGINT', signal => this.#onSignal(signal));
    process.on('SIGTERM', signal => this.#onSignal(signal));
    process.on('uncaughtException', error => this.fail(error));
    process.on('unhandledRejection', reason => this.fail(reason));
    try {
      await start();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends the process because of a fatal error: stops the components and exits with 1. */
  fail(error: unknown): void {
    this.#logger.fatal({ err: error }, messageOf(error));
    void this.#stop(1);
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.#stoppingSince === null) {
      this.#logger.info({ signal }, 'stopping');
      void this.#stop(0);
    } else if (performance.now() - this.#stoppingSince > sameSignalMs) {
      this.#logger.warn({ signal }, 'stopped at once by a second signal');
      process.exit(1);
    }
  }

  async #stop(exitCode: 0 | 1): Promise<void> {
    if (exitCode === 1) process.exitCode = 1;
    if (this.#stoppingSince !== null) return;
    this.#stoppingSince = performance.now();
    try {
      await stopInReverse(this.#components, this.#deadlineMs);
      this.#logger.info('stopped');
    } catch (error) {
      process.exitCode = 1;
      this.#logger.error({ err: error }, messageOf(error));
    }
    process.exit();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
