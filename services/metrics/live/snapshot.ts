import type { Registry } from 'prom-client';
import { dayMs, windowDaysMax } from '../../../domain/metrics/definitions.ts';
import {
  type Carrier,
  inSharedSpan,
  type TraceContext,
  type Tracing,
} from '../../../platform/telemetry/spans.ts';
import { RenderedText } from '../prometheus/rendered-blocks.ts';
import { createRenderer } from '../prometheus/renderer.ts';
import type { Period } from './aggregates.ts';
import { joinColumns } from './cache/join-columns.ts';
import { gather, type StreamColumns } from './columns.ts';
import { findingCounts, type ProcessMetrics, processMetrics } from './process-metrics.ts';
import { type Invalidation, mergeInvalidations, type ObservationSource } from './source.ts';

export interface SnapshotOptions {
  readonly source: ObservationSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where the snapshot's own metrics are registered. */
  readonly registry: Registry;
  /** Told of each failed read; the last snapshot is served on, and the read is tried again. */
  readonly onError: (error: unknown) => void;
  /** Default null: reads are not traced. */
  readonly tracing?: Tracing | null;
  /**
   * Shortest time from one read to the next; after a failed one it is five times as long, and after a slow one up to four
   * times, so that half of the time is left for others. Default half a second.
   */
  readonly readEveryMs?: number;
  /** How often the windows slide and the database is asked whether it is there. Default 15 s. */
  readonly slideEveryMs?: number;
  /** How often everything is read again. Default 10 minutes. */
  readonly reloadEveryMs?: number;
}

const longestWindowMs = windowDaysMax * dayMs;
/** From the beginning of a read to that of the next, in lengths of the first. */
const pausePerRead = 2;
/** At most so many of the shortest pauses, or one event would wait for what all of them took at the start. */
const pauseMax = 4;
/** Observations that lie ahead are read too, so that they show when their time comes before the next reload. */
const aheadMs = 3_600_000;

/**
 * The longest window's observations in memory, and the text that a scrape gets. Reading and printing go their own
 * ways, so that the windows slide on while the database does not answer.
 */
export class Snapshot {
  readonly #source: ObservationSource;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #readEveryMs: number;
  readonly #slideEveryMs: number;
  readonly #reloadEveryMs: number;
  readonly #own: ProcessMetrics;
  readonly #tracing: Tracing | null;
  readonly #printer = createRenderer();

  #services = new Map<string, readonly StreamColumns[]>();
  #loadedFrom: number | null = null;
  #conflictingRepeats = 0;

  /** What has to be read again; null: everything. */
  #touched: Invalidation | null = new Map();
  #receivedAt: number[] = [];
  #origins: TraceContext[] = [];
  readonly #listeners: ((touched: Invalidation | null) => void)[] = [];
  #wakes = 0;
  #publishedWakes = 0;
  #waiting: { readonly wakes: number; readonly resolve: () => void }[] = [];

  #text = new RenderedText([]);
  #edition = 0;
  /** When the database last confirmed what the text shows. */
  #confirmedAt: number;
  #slidAt: number;

  #running = false;
  #slideTimer: NodeJS.Timeout | undefined;
  #readTimer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | null = null;
  #printing: Promise<void> | null = null;
  #readAt = -Infinity;
  #reloadedAt = -Infinity;
  #pauseMs = 0;

  constructor(options: SnapshotOptions) {
    this.#source = options.source;
    this.#now = options.now;
    this.#onError = options.onError;
    this.#tracing = options.tracing ?? null;
    this.#readEveryMs = options.readEveryMs ?? 500;
    this.#slideEveryMs = options.slideEveryMs ?? 15_000;
    this.#reloadEveryMs = options.reloadEveryMs ?? 600_000;
    this.#confirmedAt = this.#now();
    this.#slidAt = this.#now();
    this.#own = processMetrics(options.registry, () => this.ageSeconds);
  }

  /** Starts the timers and reads everything; resolves when that was published or has failed. */
  async start(): Promise<void> {
    this.#running = true;
    this.#slideTimer = setInterval(() => this.#slide(), this.#slideEveryMs);
    this.invalidate(null, null);
    clearTimeout(this.#readTimer);
    this.#readTimer = undefined;
    await this.#beginRead();
  }

  /** Stops the timers; resolves when nothing is being read or printed any more. */
  async stop(): Promise<void> {
    this.#running = false;
    clearInterval(this.#slideTimer);
    clearTimeout(this.#readTimer);
    this.#readTimer = undefined;
    await this.#reading;
    await this.#printing;
  }

  /**
   * Something was committed.
   * @param touched null: anything
   * @param receivedAt when the oldest event of it was accepted, milliseconds since 1970; null: not known
   * @param trace W3C trace context of the transaction; the read that shows it goes on with its trace
   */
  invalidate(touched: Invalidation | null, receivedAt: number | null, trace: Carrier = {}): void {
    this.#wakes += 1;
    this.#touched = mergeInvalidations(this.#touched, touched);
    for (const listener of this.#listeners) listener(touched);
    if (receivedAt !== null) this.#receivedAt.push(receivedAt);
    const origin = this.#tracing?.contextOf(trace);
    if (origin) this.#origins.push(origin);
    this.#scheduleRead();
  }

  /** Tells of each {@link invalidate}, for those who keep more of the record in memory. */
  onInvalidation(listener: (touched: Invalidation | null) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves once all that {@link invalidate} told of before this call is shown. */
  refreshed(): Promise<void> {
    const wakes = this.#wakes;
    if (this.#publishedWakes >= wakes) return Promise.resolve();
    return new Promise(resolve => this.#waiting.push({ wakes, resolve }));
  }

  /** What a scrape gets: the text as it was last printed; empty until the first read. */
  get text(): RenderedText {
    return this.#text;
  }

  /** Another one with each text: whoever computes from the streams may keep the result for as long as it stays. */
  get version(): number {
    return this.#edition;
  }

  /** Whether there is anything to show yet. */
  get ready(): boolean {
    return this.#edition > 0;
  }

  /** Whether the windows still slide. */
  get alive(): boolean {
    return this.#running && this.#now() - this.#slidAt < 8 * this.#slideEveryMs;
  }

  /** Seconds since the database last confirmed what is shown. */
  get ageSeconds(): number {
    return Math.max(0, this.#now() - this.#confirmedAt) / 1000;
  }

  /** Since when observations are in memory, milliseconds since 1970; null before the first read. */
  get loadedFrom(): number | null {
    return this.#loadedFrom;
  }

  /** All streams with their observations, if those since `from` are in memory; else null. */
  streamsSince(from: number): StreamColumns[] | null {
    return this.#loadedFrom !== null && this.#loadedFrom <= from ? this.#streams() : null;
  }

  #streams(): StreamColumns[] {
    return [...this.#services.values()].flat();
  }

  #slide(): void {
    if (performance.now() - this.#reloadedAt >= this.#reloadEveryMs) this.#touched = null;
    if (!this.ready) this.#slidAt = this.#now();
    else if (!this.#printing) this.#print().catch(this.#onError);
    this.#scheduleRead();
  }

  #scheduleRead(): void {
    if (!this.#running || this.#reading || this.#readTimer) return;
    const wait = Math.max(0, this.#readAt + this.#pauseMs - performance.now());
    this.#readTimer = setTimeout(() => {
      this.#readTimer = undefined;
      void this.#beginRead();
    }, wait);
  }

  async #beginRead(): Promise<void> {
    this.#reading = this.#read();
    await this.#reading;
    this.#reading = null;
    if (this.#wakes > this.#publishedWakes) this.#scheduleRead();
  }

  async #read(): Promise<void> {
    const { touched, receivedAt, origins, wakes } = this.#takePending();
    this.#readAt = performance.now();
    try {
      await inSharedSpan(this.#tracing, 'refresh', { origins }, () => this.#load(touched));
      this.#pauseMs = this.#pauseAfter(performance.now() - this.#readAt);
      this.#publish(wakes, receivedAt);
    } catch (error) {
      this.#touched = mergeInvalidations(this.#touched, touched);
      this.#receivedAt.push(...receivedAt);
      this.#pauseMs = 5 * this.#readEveryMs;
      this.#own.failed();
      this.#onError(error);
    }
  }

  #pauseAfter(readMs: number): number {
    return Math.min(pauseMax * this.#readEveryMs, Math.max(this.#readEveryMs, pausePerRead * readMs));
  }

  #takePending() {
    const pending = {
      touched: this.#touched,
      receivedAt: this.#receivedAt,
      origins: this.#origins,
      wakes: this.#wakes,
    };
    this.#touched = new Map();
    this.#receivedAt = [];
    this.#origins = [];
    return pending;
  }

  async #load(touched: Invalidation | null): Promise<void> {
    const at = this.#now();
    const startedAt = performance.now();
    this.#conflictingRepeats = await this.#source.conflictingRepeats();
    if (touched?.size !== 0) {
      const from = at - longestWindowMs;
      const read = await this.#readSince(touched, { from, to: at + aheadMs });
      if (touched) {
        // Those that stay keep their places: the printer finds them in order, and what it printed of their neighbours.
        for (const [service, observations] of read) this.#services.set(service, observations);
        for (const service of touched.keys()) if (!read.has(service)) this.#services.delete(service);
      } else {
        this.#services = read;
        this.#loadedFrom = from;
        this.#reloadedAt = startedAt;
      }
      await this.#printing; // it may show what was before
      await this.#print();
      this.#own.refreshed((performance.now() - startedAt) / 1000);
    }
    this.#confirmedAt = at;
  }

  /** What was touched, as it is now: what lies before the change is known. */
  async #readSince(
    touched: Invalidation | null,
    { from, to }: Period,
  ): Promise<Map<string, StreamColumns[]>> {
    const services = touched && [...touched.keys()];
    const since = new Map(touched?.entries().filter(([service]) => this.#services.has(service)));
    const streams = await this.#source.readStreams(services);
    const recent = await gather(streams, this.#source.readObservations({ services, from, to, since }));
    const whole = recent.map(observations => {
      const { stream, columns } = observations;
      const known = this.#services.get(stream.service)?.find(each => each.stream.id === stream.id);
      const changedAt = since.get(stream.service);
      if (known === undefined || changedAt === undefined || changedAt <= from) return observations;
      return { stream, columns: joinColumns(known.columns, columns, changedAt) };
    });
    return Map.groupBy(whole, ({ stream }) => stream.service);
  }

  #publish(wakes: number, receivedAt: readonly number[]): void {
    const now = this.#now();
    for (const at of receivedAt) this.#own.visible(Math.max(0, now - at) / 1000);
    this.#publishedWakes = wakes;
    for (const { resolve } of this.#waiting.filter(waiting => waiting.wakes <= wakes)) resolve();
    this.#waiting = this.#waiting.filter(waiting => waiting.wakes > wakes);
  }

  #print(): Promise<void> {
    this.#printing = this.#printText().finally(() => {
      this.#printing = null;
    });
    return this.#printing;
  }

  async #printText(): Promise<void> {
    const now = this.#now();
    const streams = this.#streams();
    const counts = findingCounts(streams, this.#conflictingRepeats, now);
    this.#text = await this.#printer(streams, now);
    this.#own.found(counts);
    this.#own.partial(
      streams.map(({ stream }) => stream),
      now,
    );
    this.#edition += 1;
    this.#slidAt = now;
  }
}
