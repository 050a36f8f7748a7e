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

type Breathe = () => Promise<void>;

type Streams = readonly (StreamWindows | undefined)[];

interface KnownScope {
  /** The very same object for as long as its labels and numbers are the same. */
  readonly printed: RenderedScope;
  readonly streams: Streams;
}

/** The series of all scopes of one kind: services, teams or the fleet. */
export class RenderedScopes {
  readonly #prefix: Prefix;
  readonly #scopesOf: (streams: readonly StreamColumns[]) => readonly Scope[];
  readonly #chunks: Blocks<RenderedScope>;
  #known: ReadonlyMap<string, KnownScope> = new Map();

  constructor(prefix: Prefix, scopesOf: (streams: readonly StreamColumns[]) => readonly Scope[]) {
    this.#prefix = prefix;
    this.#scopesOf = scopesOf;
    this.#chunks = new Blocks(scopes => seriesTexts(prefix, scopes));
  }

  /** @param held what the windows hold of each stream; the very same object as long as that is the same */
  async print(
    shown: readonly StreamColumns[],
    held: ReadonlyMap<StreamColumns, StreamWindows>,
    breathe: Breathe,
  ): Promise<Buffer[]> {
    const known = new Map<string, KnownScope>();
    for (const scope of this.#scopesOf(shown)) {
      const labels = labelsText(scope.labels);
      const streams = scope.streams.map(observations => held.get(observations));
      const before = this.#known.get(labels);
      if (before && isSame(before.streams, streams)) {
        known.set(labels, before);
      } else {
        const values = await valuesOf(streams, breathe);
        const printed = before && isSame(before.printed.values, values) ? before.printed : { labels, values };
        known.set(labels, { printed, streams });
      }
      await breathe();
    }
    this.#known = known;
    const texts = await this.#chunks.of(
      [...known.values()].map(({ printed }) => printed),
      breathe,
    );
    return texts.flatMap((parts, i) => {
      const metric = scopeMetrics[i];
      if (!metric || parts.length === 0) return [];
      return [Buffer.from(headerText(this.#prefix + metric.name, metric.help, metric.type)), ...parts];
    });
  }
}

function valuesOf(streams: Streams, breathe: Breathe): Promise<ScopeValues> {
  const of = streams.filter(stream => stream !== undefined);
  const open = of.reduce((sum, { observations }) => sum + observations.stream.openSince.length, 0);
  return scopeValues(windowAggregates(of), open, breathe);
}

function isSame<T>(some: ArrayLike<T>, others: ArrayLike<T>): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (!Object.is(some[i], others[i])) return false;
  return true;
}
