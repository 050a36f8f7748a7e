import { rolloutsTotal } from '../../../domain/metrics/definitions.ts';
import type { Line } from '../live/source.ts';
import { headerText, type Labels, labelsText, type Prefix, type Totals, totalsText } from './exposition.ts';
import { Chunks } from './rendered-blocks.ts';

/** Whose counters are printed together. */
export interface Counted {
  readonly labels: Labels;
  readonly lines: readonly Line[];
}

/** The counters of one kind since the beginning of the record. */
export class PrintedCounters {
  readonly #prefix: Prefix;
  readonly #chunks: Chunks<Totals>;
  #known: ReadonlyMap<string, Totals> = new Map();

  constructor(prefix: Prefix) {
    this.#prefix = prefix;
    this.#chunks = new Chunks(totals => [totalsText(prefix, totals)]);
  }

  async print(counted: Iterable<Counted>, breathe: () => Promise<void>): Promise<Buffer[]> {
    const known = new Map<string, Totals>();
    for (const { labels, lines } of counted) {
      const of = totalsOf(labelsText(labels), lines);
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

/** Of each line. */
export function countedLines(lines: readonly Line[]): Counted[] {
  return lines.map(line => {
    const { service, team, environment } = line;
    return { labels: { service, team, environment }, lines: [line] };
  });
}

/** Of each environment. */
export function countedEnvironments(lines: readonly Line[]): Counted[] {
  const groups = Map.groupBy(lines, line => line.environment);
  return [...groups].map(([environment, of]) => ({ labels: { environment }, lines: of }));
}

function totalsOf(labels: string, lines: readonly Line[]): Totals {
  let exposed = 0;
  let rolledBack = 0;
  for (const line of lines) {
    exposed += line.exposedTotal;
    rolledBack += line.rolledBackTotal;
  }
  return { labels, exposed, rolledBack };
}
