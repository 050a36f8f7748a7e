/** The time from the beginning of a read to that of the next, in lengths of the first. */
const readsPerPause = 2;
/** The longest pause after a slow read, in shortest pauses: else one event would wait as long as the first reads took. */
const slowPauseMax = 4;
/** The pause after a failed read, in shortest pauses. */
const failedPause = 5;

export interface ReadScheduleOptions {
  /** Reads once; false where the read failed. Never called while a read is under way. */
  readonly read: () => Promise<boolean>;
  /** Whether there is something to read; asked after each read. */
  readonly isDue: () => boolean;
  /** The shortest time from the beginning of a read to that of the next. */
  readonly everyMs: number;
}

/**
 * Decides when to read. Reads follow one another with a pause that leaves half of the time to other work, and a longer
 * one after a failure.
 */
export class ReadSchedule {
  readonly #options: ReadScheduleOptions;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | null = null;
  #startedAt = -Infinity;
  #pauseMs = 0;

  constructor(options: ReadScheduleOptions) {
    this.#options = options;
  }

  /** Reads at once; resolves when that read is over. */
  async start(): Promise<void> {
    this.#isRunning = true;
    this.#clearTimer();
    await this.#readNow();
  }

  /** Resolves when no read is under way any more. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#clearTimer();
    await this.#reading;
  }

  /** Reads as soon as the pause allows; several requests before that are one. */
  request(): void {
    if (!this.#isRunning || this.#reading || this.#timer) return;
    const wait = Math.max(0, this.#startedAt + this.#pauseMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#readNow();
    }, wait);
  }

  async #readNow(): Promise<void> {
    this.#reading = this.#readOnce();
    await this.#reading;
    this.#reading = null;
    if (this.#options.isDue()) this.request();
  }

  async #readOnce(): Promise<void> {
    const { read, everyMs } = this.#options;
    this.#startedAt = performance.now();
    const hasSucceeded = await read();
    const readMs = performance.now() - this.#startedAt;
    this.#pauseMs = hasSucceeded
      ? Math.min(slowPauseMax * everyMs, Math.max(everyMs, readsPerPause * readMs))
      : failedPause * everyMs;
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
