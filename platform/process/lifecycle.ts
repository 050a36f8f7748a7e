import type { Logger } from '../telemetry/log.ts';

/** Something that was started and has to be stopped. */
export interface Component {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

const defaultDeadlineMs = 10_000;
/** One Ctrl-C may arrive twice, from the terminal and passed on by npm; a person is slower than this. */
const samePressMs = 500;

/**
 * Stops the components one after the other, the last one first; one that fails does not keep the others up.
 * Takes them out of the list as it goes, so what is added meanwhile is stopped as well.
 * @param deadlineMs for all of them together
 * @throws {AggregateError} of all that failed, each naming its component; and of the one that took too long
 */
export async function stopInReverse(components: Component[], deadlineMs = defaultDeadlineMs): Promise<void> {
  const errors: Error[] = [];
  const tooLate = Symbol('too late');
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<typeof tooLate>(resolve => {
    timer = setTimeout(resolve, deadlineMs, tooLate);
  });
  for (let component = components.pop(); component !== undefined; component = components.pop()) {
    const { name, stop } = component;
    try {
      const outcome = await Promise.race([Promise.resolve().then(stop), deadline]);
      if (outcome !== tooLate) continue;
      const left = [name, ...components.map(each => each.name).reverse()];
      errors.push(new Error(`not stopped within ${deadlineMs / 1000} s: ${left.join(', ')}`));
      break;
    } catch (error) {
      errors.push(new Error(`${name} did not stop cleanly: ${messageOf(error)}`, { cause: error }));
    }
  }
  clearTimeout(timer);
  if (errors.length > 0) throw new AggregateError(errors, 'the process did not stop cleanly');
}

/**
 * The life of a process: start in order, run until a signal or a fatal error, stop in reverse order, exit.
 *
 *     const lifecycle = new Lifecycle(logger);
 *     await lifecycle.run(async () => {
 *       const db = openPostgres(…);
 *       lifecycle.add('database', () => db.destroy());
 *     });
 *
 * The exit code is 0 when a signal ended it and every component stopped cleanly within the deadline, 1 otherwise.
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

  /** Call it as soon as a component runs: those added later are stopped earlier. */
  add(name: string, stop: () => Promise<void> | void): void {
    this.#components.push({ name, stop: async () => stop() });
  }

  /** Starts the process; when `start` fails, what was already added is stopped and the process exits with 1. */
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

  /** Ends the process because of an error that it cannot live with: it stops what runs and exits with 1. */
  fail(error: unknown): void {
    this.#logger.fatal({ err: error }, messageOf(error));
    void this.#stop(1);
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.#stoppingSince === null) {
      this.#logger.info({ signal }, 'stopping');
      void this.#stop(0);
    } else if (performance.now() - this.#stoppingSince > samePressMs) {
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
