import type { Registry } from 'prom-client';
import { type Carrier, inSharedSpan, type Tracing } from '../../../platform/telemetry/spans.ts';
import type { RenderedText } from '../prometheus/rendered-blocks.ts';
import { RecentStreams } from './cache/recent-streams.ts';
import type { StreamColumns } from './columns.ts';
import { PendingChanges } from './pending-changes.ts';
import { type ProcessMetrics, processMetrics } from './process-metrics.ts';
import { PublishedText } from './published-text.ts';
import { ReadSchedule } from './read-schedule.ts';
import type { Invalidation, ObservationSource } from './source.ts';

export interface SnapshotOptions {
  readonly source: ObservationSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where the snapshot's own metrics are registered. */
  readonly registry: Registry;
  /** Called with the error of each failed read; the last text is served on, and the read is tried again. */
  readonly onError: (error: unknown) => void;
  /** Default null: reads are not traced. */
  readonly tracing?: Tracing | null;
  /** The shortest time from one read to the next, see {@link ReadSchedule}. Default half a second. */
  readonly readEveryMs?: number;
  /** How often the windows slide and the database is asked whether it is there. Default 15 s. */
  readonly slideEveryMs?: number;
  /** How often everything is read again. Default 10 minutes. */
  readonly reloadEveryMs?: number;
}

/** The windows slide no more when so many slides in a row are missing. */
const missedSlidesMax = 8;

/**
 * Keeps the observations of the longest window in memory and renders the text that a scrape gets. Reading and rendering
 * are independent of each other, so that the windows slide on while the database does not answer.
 */
export class Snapshot {
  readonly #source: ObservationSource;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #slideEveryMs: number;
  readonly #reloadEveryMs: number;
  readonly #tracing: Tracing | null;
  readonly #metrics: ProcessMetrics;
  readonly #streams: RecentStreams;
  readonly #pending: PendingChanges;
  readonly #reads: ReadSchedule;
  readonly #published: PublishedText;
  readonly #listeners: ((invalidated: Invalidation | null) => void)[] = [];

  #isRunning = false;
  #slideTimer: NodeJS.Timeout | undefined;
  #conflictingRepeats = 0;
  #reloadedAt = -Infinity;
  /** When the database last confirmed what the text shows, milliseconds since 1970. */
  #confirmedAt: number;
  /** The last slide before the first text, milliseconds since 1970. */
  #waitedAt: number;

  constructor(options: SnapshotOptions) {
    this.#source = options.source;
    this.#now = options.now;
    this.#onError = options.onError;
    this.#slideEveryMs = options.slideEveryMs ?? 15_000;
    this.#reloadEveryMs = options.reloadEveryMs ?? 600_000;
    this.#tracing = options.tracing ?? null;
    this.#confirmedAt = this.#now();
    this.#waitedAt = this.#now();
    this.#metrics = processMetrics(options.registry, () => this.ageSeconds);
    this.#streams = new RecentStreams(options.source);
    this.#pending = new PendingChanges(this.#tracing);
    this.#published = new PublishedText(options.now, this.#metrics);
    this.#reads = new ReadSchedule({
      read: () => this.#read(),
      isDue: () => this.#pending.any,
      everyMs: options.readEveryMs ?? 500,
    });
  }

  /** Starts the timers and reads everything; resolves when that was published or has failed. */
  async start(): Promise<void> {
    this.#isRunning = true;
    this.#slideTimer = setInterval(() => this.#slide(), this.#slideEveryMs);
    this.invalidate(null, null);
    await this.#reads.start();
  }

  /** Stops the timers; resolves when nothing is being read or rendered any more. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearInterval(this.#slideTimer);
    await this.#reads.stop();
    await this.#published.rendering;
  }

  /**
   * Something was committed.
   * @param invalidated null: anything may have changed
   * @param receivedAt when the oldest event of it was accepted, milliseconds since 1970; null: not known
   * @param trace W3C trace context of the transaction; the read that shows it goes on with its trace
   */
  invalidate(invalidated: Invalidation | null, receivedAt: number | null, trace: Carrier = {}): void {
    this.#pending.add(invalidated, receivedAt, trace);
    for (const listener of this.#listeners) listener(invalidated);
    this.#reads.request();
  }

  /** Calls the listener with the argument of each {@link invalidate}: other caches of the store need it too. */
  onInvalidation(listener: (invalidated: Invalidation | null) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves once every change that {@link invalidate} announced before this call is shown. */
  refreshed(): Promise<void> {
    return this.#pending.allShown();
  }

  /** The text that a scrape gets, as it was last rendered; empty until the first read. */
  get text(): RenderedText {
    return this.#published.text;
  }

  /** Grows with each text. While it stays the same, so does everything that is computed from the streams. */
  get version(): number {
    return this.#published.version;
  }

  /** Whether there is a text to show. */
  get ready(): boolean {
    return this.#published.version > 0;
  }

  /** Whether the windows still slide. */
  get alive(): boolean {
    const slidAt = this.#published.renderedAt ?? this.#waitedAt;
    return this.#isRunning && this.#now() - slidAt < missedSlidesMax * this.#slideEveryMs;
  }

  /** Seconds since the database last confirmed what is shown. */
  get ageSeconds(): number {
    return Math.max(0, this.#now() - this.#confirmedAt) / 1000;
  }

  /** The beginning of the observations in memory, milliseconds since 1970; null before the first read. */
  get loadedFrom(): number | null {
    return this.#streams.loadedFrom;
  }

  /** All streams with their observations, if those since `from` are in memory; else null. */
  streamsSince(from: number): StreamColumns[] | null {
    const { loadedFrom } = this.#streams;
    return loadedFrom !== null && loadedFrom <= from ? this.#streams.all() : null;
  }

  #slide(): void {
    if (performance.now() - this.#reloadedAt >= this.#reloadEveryMs) this.#pending.invalidateAll();
    if (!this.ready) this.#waitedAt = this.#now();
    else if (!this.#published.rendering) this.#render().catch(this.#onError);
    this.#reads.request();
  }

  /** Takes up the pending changes. @returns whether the database answered */
  async #read(): Promise<boolean> {
    const changes = this.#pending.take();
    const { invalidated, receivedAt, origins } = changes;
    try {
      await inSharedSpan(this.#tracing, 'refresh', { origins }, () => this.#refresh(invalidated));
      const now = this.#now();
      for (const at of receivedAt) this.#metrics.visible(Math.max(0, now - at) / 1000);
      this.#pending.shown(changes);
      return true;
    } catch (error) {
      this.#pending.putBack(changes);
      this.#metrics.failed();
      this.#onError(error);
      return false;
    }
  }

  async #refresh(invalidated: Invalidation | null): Promise<void> {
    const now = this.#now();
    const startedAt = performance.now();
    this.#conflictingRepeats = await this.#source.conflictingRepeats();
    if (invalidated?.size !== 0) {
      if (invalidated) {
        await this.#streams.refresh(invalidated, now);
      } else {
        await this.#streams.reload(now);
        this.#reloadedAt = startedAt;
      }
      await this.#published.rendering; // it may show the streams as they were before
      await this.#render();
      this.#metrics.refreshed((performance.now() - startedAt) / 1000);
    }
    this.#confirmedAt = now;
  }

  #render(): Promise<void> {
    return this.#published.render(this.#streams.all(), this.#conflictingRepeats);
  }
}
