import { rolloutsTotal } from '../../../domain/metrics/definitions.ts';
import type { Stream } from '../live/source.ts';
import { headerText, type Labels, labelsText, type Prefix, type Totals, totalsText } from './exposition.ts';
import { Blocks } from './rendered-blocks.ts';

/** Streams whose counters are rendered as one, and the labels of the series. */
export interface Counted {
  readonly labels: Labels;
  readonly streams: readonly Stream[];
}

/**
 * The counters of rollouts, those of streams or those of environments. Totals that did not change keep their object,
 * and with it the rendered block that they are in.
 */
export class RenderedCounters {
  readonly #prefix: Prefix;
  readonly #blocks: Blocks<Totals>;
  /** By labels. */
  #known: ReadonlyMap<string, Totals> = new Map();

  constructor(prefix: Prefix) {
    this.#prefix = prefix;
    this.#blocks = new Blocks(totals => [totalsText(prefix, totals)]);
  }

  async render(counted: Iterable<Counted>, yieldToEventLoop: () => Promise<void>): Promise<Buffer[]> {
    const known = new Map<string, Totals>();
    for (const { labels, streams } of counted) {
      const totals = totalsOf(labelsText(labels), streams);
      const before = this.#known.get(totals.labels);
      const isSame = before?.exposed === totals.exposed && before.rolledBack === totals.rolledBack;
      known.set(totals.labels, isSame ? before : totals);
      await yieldToEventLoop();
    }
    this.#known = known;
    const [parts = []] = await this.#blocks.of([...known.values()], yieldToEventLoop);
    if (parts.length === 0) return [];
    const { name, help } = rolloutsTotal;
    return [Buffer.from(headerText(this.#prefix + name, help, 'counter')), ...parts];
  }
}

/** One per stream. */
export function countedStreams(streams: readonly Stream[]): Counted[] {
  return streams.map(stream => {
    const { service, team, environment } = stream;
    return { labels: { service, team, environment }, streams: [stream] };
  });
}

/** One per environment. */
export function countedEnvironments(streams: readonly Stream[]): Counted[] {
  const groups = Map.groupBy(streams, stream => stream.environment);
  return [...groups].map(([environment, of]) => ({ labels: { environment }, streams: of }));
}

function totalsOf(labels: string, streams: readonly Stream[]): Totals {
  let exposed = 0;
  let rolledBack = 0;
  for (const stream of streams) {
    exposed += stream.exposedTotal;
    rolledBack += stream.rolledBackTotal;
  }
  return { labels, exposed, rolledBack };
}
