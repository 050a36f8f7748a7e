import type { SentEvent } from '../../domain/events/event.ts';

/** Events for one request. */
export interface Batch {
  readonly events: readonly SentEvent[];
  /** One event per line. */
  readonly body: string;
}

/**
 * What fills a batch; well within what the server takes in one request (5,000 events, 5 MB; a character has three bytes
 * at most), and what the standalone run takes into its database at once.
 */
export interface BatchLimits {
  readonly events: number;
  readonly characters: number;
}

export const batchLimits: BatchLimits = { events: 2000, characters: 1_500_000 };

/** Gathers events into NDJSON bodies, so that only one batch is held at a time. */
export class Batcher {
  readonly #limits: BatchLimits;
  #events: SentEvent[] = [];
  #lines: string[] = [];
  #characters = 0;

  constructor(limits: BatchLimits = batchLimits) {
    this.#limits = limits;
  }

  /** @returns the batch that had to leave to make room for this event, or null. */
  add(event: SentEvent): Batch | null {
    const line = `${JSON.stringify(event)}\n`;
    const full =
      this.#events.length > 0 &&
      (this.#events.length >= this.#limits.events ||
        this.#characters + line.length > this.#limits.characters);
    const batch = full ? this.take() : null;
    this.#events.push(event);
    this.#lines.push(line);
    this.#characters += line.length;
    return batch;
  }

  /** @returns what is left, or null. */
  take(): Batch | null {
    if (this.#events.length === 0) return null;
    const batch = { events: this.#events, body: this.#lines.join('') };
    this.#events = [];
    this.#lines = [];
    this.#characters = 0;
    return batch;
  }
}
