import type { Carrier, TraceContext, Tracing } from '../../../platform/telemetry/spans.ts';
import { type Invalidation, mergeInvalidations } from './source.ts';

/** The changes that one read takes up. */
export interface ChangeBatch {
  /** The services to be read again; null: all. */
  readonly invalidated: Invalidation | null;
  /** When the oldest event of each transaction was accepted, milliseconds since 1970. */
  readonly receivedAt: readonly number[];
  /** The traces of the transactions. */
  readonly origins: readonly TraceContext[];
  /** The number of the last change in the batch. */
  readonly last: number;
}

/** The committed changes that the snapshot does not show yet, and the callers that wait until it does. */
export class PendingChanges {
  readonly #tracing: Tracing | null;
  #invalidated: Invalidation | null = new Map();
  #receivedAt: number[] = [];
  #origins: TraceContext[] = [];
  /** Changes are numbered from 1 in the order in which they are added. */
  #lastAdded = 0;
  #lastShown = 0;
  #waiting: { readonly last: number; readonly resolve: () => void }[] = [];

  constructor(tracing: Tracing | null) {
    this.#tracing = tracing;
  }

  /** See `Snapshot.invalidate`. */
  add(invalidated: Invalidation | null, receivedAt: number | null, trace: Carrier): void {
    this.#lastAdded += 1;
    this.#invalidated = mergeInvalidations(this.#invalidated, invalidated);
    if (receivedAt !== null) this.#receivedAt.push(receivedAt);
    const origin = this.#tracing?.contextOf(trace);
    if (origin) this.#origins.push(origin);
  }

  /** Lets the next read take all services, though nothing is known to have changed. */
  invalidateAll(): void {
    this.#invalidated = null;
  }

  /** Hands all pending changes to a read. */
  take(): ChangeBatch {
    const batch: ChangeBatch = {
      invalidated: this.#invalidated,
      receivedAt: this.#receivedAt,
      origins: this.#origins,
      last: this.#lastAdded,
    };
    this.#invalidated = new Map();
    this.#receivedAt = [];
    this.#origins = [];
    return batch;
  }

  /** The read of the batch failed: the next one takes it up again. */
  putBack({ invalidated, receivedAt }: ChangeBatch): void {
    this.#invalidated = mergeInvalidations(this.#invalidated, invalidated);
    this.#receivedAt.push(...receivedAt);
  }

  /** The snapshot shows the batch: callers that waited for its changes go on. */
  shown({ last }: ChangeBatch): void {
    this.#lastShown = last;
    for (const { resolve } of this.#waiting.filter(waiting => waiting.last <= last)) resolve();
    this.#waiting = this.#waiting.filter(waiting => waiting.last > last);
  }

  /** Whether a change was added that is not shown. */
  get any(): boolean {
    return this.#lastAdded > this.#lastShown;
  }

  /** Resolves once every change that was added before this call is shown. */
  allShown(): Promise<void> {
    if (!this.any) return Promise.resolve();
    const last = this.#lastAdded;
    return new Promise(resolve => this.#waiting.push({ last, resolve }));
  }
}
