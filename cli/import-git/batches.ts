import type { SentEvent } from '../../domain/events/event.ts';

/** The events of one request. */
export interface Batch {
  readonly events: readonly SentEvent[];
  /** NDJSON: one event per line. */
  readonly body: string;
}

/** The largest size of a batch. */
export interface BatchLimits {
  readonly events: number;
  readonly characters: number;
}

/**
 * Well within the server's limits for one request (5,000 events; 5 MB, and a character has at most three bytes), and
 * equal to the number of events that the standalone run stores in one transaction.
 */
export const batchLimits: BatchLimits = { events: 2000, characters: 1_500_000 };

/** Collects events into NDJSON bodies, one batch at a time. */
export class Batcher {
  readonly #limits: BatchLimits;
  #events: SentEvent[] = [];
  #lines: string[] = [];
  #characters = 0;

  constructor(limits: BatchLimits = batchLimits) {
    this.#limits = limits;
  }

  /** Adds an event. @returns the full batch, if the event begins a new one; else null */
  add(event: SentEvent): Batch | null {
    const line = `${JSON.stringify(event)}\n`;
    const isFull =
      this.#events.length > 0 &&
      (this.#events.length >= this.#limits.events ||
        this.#characters + line.length > this.#limits.characters);
    const batch = isFull ? this.take() : null;
    this.#events.push(event);
    this.#lines.push(line);
    this.#characters += line.length;
    return batch;
  }

  /** Ends the current batch. @returns null when it has no events */
  take(): Batch | null {
    if (this.#events.length === 0) return null;
    const batch = { events: this.#events, body: this.#lines.join('') };
    this.#events = [];
    this.#lines = [];
    this.#characters = 0;
    return batch;
  }
}
