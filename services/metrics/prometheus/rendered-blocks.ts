/** What a scrape gets, in pieces that stand in a row: most of them are those of the scrape before. */
export class RenderedText {
  readonly parts: readonly Buffer[];
  /** In bytes. */
  readonly length: number;

  constructor(parts: readonly Buffer[]) {
    this.parts = parts;
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
  }

  toString(): string {
    return Buffer.concat(this.parts).toString();
  }
}

/** So many members share a piece: few enough that dozens which change at once leave most pieces as they are. */
const chunkSize = 8;

interface Block<T> {
  readonly members: readonly T[];
  readonly parts: readonly Buffer[];
}

/**
 * Prints long lists of members, several texts each, in chunks; where each member of a chunk is the very same as the
 * time before, so is what was printed.
 * @param print the texts of some members, always as many
 */
export class Blocks<T> {
  readonly #print: (members: readonly T[]) => readonly string[];
  #chunks: readonly Block<T>[] = [];

  constructor(print: (members: readonly T[]) => readonly string[]) {
    this.#print = print;
  }

  /**
   * @param breathe awaited after each chunk
   * @returns the pieces of each text, one after the other
   */
  async of(members: readonly T[], breathe: () => Promise<void>): Promise<Buffer[][]> {
    const chunks: Block<T>[] = [];
    for (let from = 0; from < members.length; from += chunkSize) {
      const some = members.slice(from, from + chunkSize);
      const known = this.#chunks[chunks.length];
      chunks.push(
        known && isSame(known.members, some)
          ? known
          : { members: some, parts: this.#print(some).map(text => Buffer.from(text)) },
      );
      await breathe();
    }
    this.#chunks = chunks;
    return (chunks[0]?.parts ?? []).map((_, text) =>
      chunks.flatMap(({ parts: { [text]: part } }) => (part && part.length > 0 ? [part] : [])),
    );
  }
}

function isSame<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.length === others.length && some.every((member, i) => member === others[i]);
}
