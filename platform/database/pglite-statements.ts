import { messages, type PGlite, parse, protocol, type Results } from '@electric-sql/pglite';
import { namesMax } from './named-statements.ts';

const { serialize } = protocol;

/** A parameter as it is sent: as text, or as bytes in the binary format of its type. */
type Value = string | Uint8Array | null;

/** Convert a parameter of a type for sending, by the type's object id. */
export type Serializers = Readonly<Record<number, (value: unknown) => Value>>;

/** A statement that PostgreSQL has parsed and keeps under a name. */
interface PreparedStatement {
  readonly name: string;
  /** Object ids of the parameters' types. */
  readonly types: readonly number[];
  /** The messages that describe the columns of its rows; empty for a statement without rows. */
  readonly columns: readonly messages.BackendMessage[];
}

/**
 * Gives each statement of a PGlite a name when it first runs, as {@link ./named-statements.ts} does on a server.
 * PGlite's `query` would parse and plan it each time, which is half of the work of a transaction; values and errors
 * are the same. This class does not wait for transactions: Kysely runs one statement at a time.
 */
export class NamedStatements {
  readonly #pglite: PGlite;
  readonly #serializers: Serializers;
  readonly #prepared = new Map<string, PreparedStatement>();
  #count = 0;

  constructor(pglite: PGlite, serializers: Serializers) {
    this.#pglite = pglite;
    this.#serializers = serializers;
  }

  /** Whether {@link query} accepts a statement; the others go to PGlite's `query`. */
  takes(text: string, parameters: readonly unknown[]): boolean {
    return parameters.length > 0 && (this.#prepared.has(text) || this.#prepared.size < namesMax);
  }

  /** @throws {messages.DatabaseError} */
  query<T>(text: string, parameters: readonly unknown[]): Promise<Results<T>> {
    return this.#pglite.runExclusive(async () => {
      if (!this.#pglite.ready) throw new Error('PGlite is closed');
      const statement = this.#prepared.get(text) ?? (await this.#prepare(text));
      const values = parameters.map((value, index) => this.#valueOf(value, statement.types[index]));
      try {
        const bind = serialize.bind({ statement: statement.name, values });
        const answer = await this.#send(bind, serialize.execute());
        const [results] = parse.parseResults([...statement.columns, ...answer], this.#pglite.parsers);
        return (results ?? { rows: [], fields: [] }) as Results<T>;
      } catch (error) {
        // A changed table may have changed the columns of the answer, so the next call prepares the statement again.
        this.#prepared.delete(text);
        await this.#send(serialize.close({ type: 'S', name: statement.name })).catch(() => {});
        throw error;
      }
    });
  }

  async #prepare(text: string): Promise<PreparedStatement> {
    this.#count += 1;
    const name = `firstlight_${this.#count}`;
    const answer = await this.#send(serialize.parse({ name, text }), serialize.describe({ type: 'S', name }));
    const statement: PreparedStatement = {
      name,
      types: parse.parseDescribeStatementResults(answer),
      columns: answer.filter(message => message instanceof messages.RowDescriptionMessage),
    };
    this.#prepared.set(text, statement);
    return statement;
  }

  #valueOf(value: unknown, type: number | undefined): Value {
    if (value === null || value === undefined) return null;
    return (this.#serializers[type ?? 0] ?? String)(value);
  }

  #send(...parts: readonly Uint8Array[]): Promise<messages.BackendMessage[]> {
    return this.#pglite.execProtocolStream(Buffer.concat([...parts, serialize.sync()]), {});
  }
}
