import { RenderedText } from '../prometheus/rendered-blocks.ts';
import { createRenderer } from '../prometheus/renderer.ts';
import type { StreamColumns } from './columns.ts';
import { findingCounts, type ProcessMetrics } from './process-metrics.ts';

/** The text that a scrape gets, and the process metrics that are computed from the same streams. */
export class PublishedText {
  readonly #now: () => number;
  readonly #metrics: ProcessMetrics;
  readonly #renderer = createRenderer();
  #text = new RenderedText([]);
  #version = 0;
  #renderedAt: number | null = null;
  #rendering: Promise<void> | null = null;

  constructor(now: () => number, metrics: ProcessMetrics) {
    this.#now = now;
    this.#metrics = metrics;
  }

  /** The text of the last rendering; empty before the first. */
  get text(): RenderedText {
    return this.#text;
  }

  /** Grows with each rendering; 0 before the first. */
  get version(): number {
    return this.#version;
  }

  /** The time of the last rendering, milliseconds since 1970; null before the first. */
  get renderedAt(): number | null {
    return this.#renderedAt;
  }

  /** The rendering that is under way; null: none is. */
  get rendering(): Promise<void> | null {
    return this.#rendering;
  }

  /** Renders the streams as they are now. Not to be called while a rendering is under way. */
  render(streams: readonly StreamColumns[], conflictingRepeats: number): Promise<void> {
    this.#rendering = this.#renderNow(streams, conflictingRepeats).finally(() => {
      this.#rendering = null;
    });
    return this.#rendering;
  }

  async #renderNow(streams: readonly StreamColumns[], conflictingRepeats: number): Promise<void> {
    const now = this.#now();
    const counts = findingCounts(streams, conflictingRepeats, now);
    this.#text = await this.#renderer(streams, now);
    this.#metrics.found(counts);
    this.#metrics.partial(
      streams.map(({ stream }) => stream),
      now,
    );
    this.#version += 1;
    this.#renderedAt = now;
  }
}
