/** The text that a scrape gets, in parts that are sent one after the other. */
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

/** Members of a block. With so few, most blocks stay unchanged when dozens of members change. */
const blockSize = 8;

interface Block<T> {
  readonly members: readonly T[];
  /** One per text; empty where the members have nothing in it. */
  readonly parts: readonly Buffer[];
}

/**
 * Renders a long list of members into several texts, a block of members at a time. A block whose members are the same
 * objects as in the last rendering keeps its parts. Concatenated, the parts of a text are what `render` gives for all
 * members at once.
 */
export class Blocks<T> {
  readonly #render: (members: readonly T[]) => readonly string[];
  #blocks: readonly Block<T>[] = [];

  /** @param render the texts of some members; the number of texts is always the same */
  constructor(render: (members: readonly T[]) => readonly string[]) {
    this.#render = render;
  }

  /**
   * @param yieldToEventLoop awaited after each block
   * @returns the parts of each text, one after the other
   */
  async of(members: readonly T[], yieldToEventLoop: () => Promise<void>): Promise<Buffer[][]> {
    const blocks: Block<T>[] = [];
    for (let from = 0; from < members.length; from += blockSize) {
      const some = members.slice(from, from + blockSize);
      const known = this.#blocks[blocks.length];
      blocks.push(
        known && isSame(known.members, some)
          ? known
          : { members: some, parts: this.#render(some).map(text => Buffer.from(text)) },
      );
      await yieldToEventLoop();
    }
    this.#blocks = blocks;
    return (blocks[0]?.parts ?? []).map((_, text) =>
      blocks.flatMap(({ parts: { [text]: part } }) => (part && part.length > 0 ? [part] : [])),
    );
  }
}

function isSame<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.length === others.length && some.every((member, i) => member === others[i]);
}
