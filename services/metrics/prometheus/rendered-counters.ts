import { rolloutsTotal } from '../../../domain/metrics/definitions.ts';
import type { Stream } from '../live/source.ts';
import { headerText, type Labels, labelsText, type Prefix, type Totals, totalsText } from './exposition.ts';
import { Blocks } from './rendered-blocks.ts';

/** Whose counters are printed together. */
export interface Counted {
  readonly labels: Labels;
  readonly streams: readonly Stream[];
}

/** The counters of one kind since the beginning of the record. */
export class RenderedCounters {
  readonly #prefix: Prefix;
  readonly #chunks: Blocks<Totals>;
  #known: ReadonlyMap<string, Totals> = new Map();

  constructor(prefix: Prefix) {
    this.#prefix = prefix;
    this.#chunks = new Blocks(totals => [totalsText(prefix, totals)]);
  }

  async print(counted: Iterable<Counted>, breathe: () => Promise<void>): Promise<Buffer[]> {
    const known = new Map<string, Totals>();
    for (const { labels, streams } of counted) {
      const of = totalsOf(labelsText(labels), streams);
      const before = this.#known.get(of.labels);
      const isSame = before?.exposed === of.exposed && before.rolledBack === of.rolledBack;
      known.set(of.labels, isSame ? before : of);
      await breathe();
    }
    this.#known = known;
    const [parts = []] = await this.#chunks.of([...known.values()], breathe);
    if (parts.length === 0) return [];
    const { name, help } = rolloutsTotal;
    return [Buffer.from(headerText(this.#prefix + name, help, 'counter')), ...parts];
  }
}

/** Of each stream. */
export function countedStreams(streams: readonly Stream[]): Counted[] {
  return streams.map(stream => {
    const { service, team, environment } = stream;
    return { labels: { service, team, environment }, streams: [stream] };
  });
}

/** Of each environment. */
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
