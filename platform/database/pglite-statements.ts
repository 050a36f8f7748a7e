import { messages, type PGlite, parse, protocol, type Results } from '@electric-sql/pglite';
import { namesMax } from './named-statements.ts';

const { serialize } = protocol;

/** A parameter as it travels: as text, or as bytes in the binary format of its type. */
type Value = string | Uint8Array | null;

/** What writes a parameter of a type, by the type's object id. */
export type Serializers = Readonly<Record<number, (value: unknown) => Value>>;

/** A statement that PostgreSQL has read. */
interface Named {
  readonly name: string;
  /** Object ids of the parameters' types. */
  readonly types: readonly number[];
  /** What tells of the columns of its answers; none where it has no rows. */
  readonly columns: readonly messages.BackendMessage[];
}

/**
 * Gives each statement of a PGlite a name when it first runs, as {@link ./named-statements.ts} does on a server. PGlite's
 * own `query` has it read and planned whenever it runs, which is half of the work of a transaction; values and errors
 * are the same. Neither heeds the other's transactions: Kysely lets one statement run at a time.
 */
export class NamedStatements {
  readonly #pglite: PGlite;
  readonly #serializers: Serializers;
  readonly #known = new Map<string, Named>();
  #count = 0;

  constructor(pglite: PGlite, serializers: Serializers) {
    this.#pglite = pglite;
    this.#serializers = serializers;
  }

  /** Whether a statement gets a name; the others are for `query`. */
  takes(text: string, parameters: readonly unknown[]): boolean {
    return parameters.length > 0 && (this.#known.has(text) || this.#known.size < namesMax);
  }

  /** @throws {messages.DatabaseError} */
  query<T>(text: string, parameters: readonly unknown[]): Promise<Results<T>> {
    return this.#pglite.runExclusive(async () => {
      if (!this.#pglite.ready) throw new Error('PGlite is closed');
      const statement = this.#known.get(text) ?? (await this.#name(text));
      const values = parameters.map((value, index) => this.#valueOf(value, statement.types[index]));
      try {
        const bind = serialize.bind({ statement: statement.name, values });
        const answer = await this.#tell(bind, serialize.execute());
        const [results] = parse.parseResults([...statement.columns, ...answer], this.#pglite.parsers);
        return (results ?? { rows: [], fields: [] }) as Results<T>;
      } catch (error) {
        // Perhaps a table is not what it was, and the answer would have other columns: it is read again the next time.
        this.#known.delete(text);
        await this.#tell(serialize.close({ type: 'S', name: statement.name })).catch(() => {});
        throw error;
      }
    });
  }

  async #name(text: string): Promise<Named> {
    this.#count += 1;
    const name = `firstlight_${this.#count}`;
    const told = await this.#tell(serialize.parse({ name, text }), serialize.describe({ type: 'S', name }));
    const statement: Named = {
      name,
      types: parse.parseDescribeStatementResults(told),
      columns: told.filter(message => message instanceof messages.RowDescriptionMessage),
    };
    this.#known.set(text, statement);
    return statement;
  }

  #valueOf(value: unknown, type: number | undefined): Value {
    if (value === null || value === undefined) return null;
    return (this.#serializers[type ?? 0] ?? String)(value);
  }

  #tell(...parts: readonly Uint8Array[]): Promise<messages.BackendMessage[]> {
    return this.#pglite.execProtocolStream(Buffer.concat([...parts, serialize.sync()]), {});
  }
}
