import { type StreamWindows, windowAggregates } from '../live/cache/window-aggregates.ts';
import type { StreamColumns } from '../live/columns.ts';
import type { Scope } from '../live/scopes.ts';
import {
  headerText,
  labelsText,
  type Prefix,
  type RenderedScope,
  type ScopeValues,
  scopeMetrics,
  scopeValues,
  seriesTexts,
} from './exposition.ts';
import { Blocks } from './rendered-blocks.ts';

type Yield = () => Promise<void>;

type Streams = readonly (StreamWindows | undefined)[];

interface KnownScope {
  /** The same object while its labels and numbers are the same. */
  readonly rendered: RenderedScope;
  readonly streams: Streams;
}

/**
 * The series of all scopes of one kind: services, teams or the fleet. The numbers of a scope are computed again when
 * the aggregates of one of its streams changed, and its block is rendered again when its numbers changed.
 */
export class RenderedScopes {
  readonly #prefix: Prefix;
  readonly #scopesOf: (streams: readonly StreamColumns[]) => readonly Scope[];
  readonly #blocks: Blocks<RenderedScope>;
  /** By labels. */
  #known: ReadonlyMap<string, KnownScope> = new Map();

  constructor(prefix: Prefix, scopesOf: (streams: readonly StreamColumns[]) => readonly Scope[]) {
    this.#prefix = prefix;
    this.#scopesOf = scopesOf;
    this.#blocks = new Blocks(scopes => seriesTexts(prefix, scopes));
  }

  /** @param windows the windows of each stream; the same object while they are the same */
  async render(
    shown: readonly StreamColumns[],
    windows: ReadonlyMap<StreamColumns, StreamWindows>,
    yieldToEventLoop: Yield,
  ): Promise<Buffer[]> {
    const known = new Map<string, KnownScope>();
    for (const scope of this.#scopesOf(shown)) {
      const labels = labelsText(scope.labels);
      const streams = scope.streams.map(stream => windows.get(stream));
      const before = this.#known.get(labels);
      if (before && isSame(before.streams, streams)) {
        known.set(labels, before);
      } else {
        const values = await valuesOf(streams, yieldToEventLoop);
        const rendered =
          before && isSame(before.rendered.values, values) ? before.rendered : { labels, values };
        known.set(labels, { rendered, streams });
      }
      await yieldToEventLoop();
    }
    this.#known = known;
    const texts = await this.#blocks.of(
      [...known.values()].map(({ rendered }) => rendered),
      yieldToEventLoop,
    );
    return texts.flatMap((parts, i) => {
      const metric = scopeMetrics[i];
      if (!metric || parts.length === 0) return [];
      return [Buffer.from(headerText(this.#prefix + metric.name, metric.help, metric.type)), ...parts];
    });
  }
}

function valuesOf(streams: Streams, yieldToEventLoop: Yield): Promise<ScopeValues> {
  const known = streams.filter(stream => stream !== undefined);
  const open = known.reduce((sum, { observations }) => sum + observations.stream.openSince.length, 0);
  return scopeValues(windowAggregates(known), open, yieldToEventLoop);
}

function isSame<T>(some: ArrayLike<T>, others: ArrayLike<T>): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (!Object.is(some[i], others[i])) return false;
  return true;
}
