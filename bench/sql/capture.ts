import { CompiledQuery, type DatabaseConnection, type Dialect, type Driver } from 'kysely';
import { statementNameOf } from '../../store/sql/statement.ts';
import { literalOf, withLiterals } from './literals.ts';

/** A named statement as the store sent it last. */
export interface Captured {
  readonly text: string;
  readonly parameters: readonly unknown[];
  /** It ran in a transaction after `planner.set`. */
  readonly plannedAsWritten: boolean;
  /** How PostgreSQL ran it, a line each; null: nobody asked, or PostgreSQL makes no plan for such a statement. */
  readonly plan: readonly string[] | null;
}

/** The named statements that went through a database; the last one of each name. */
export class Capture {
  readonly captured = new Map<string, Captured>();
  /** Statements without a name, but for those that begin and end transactions. */
  readonly unnamed = new Set<string>();
  readonly #isPlanned: (name: string) => boolean;

  /** @param isPlanned of which statements the plan is taken: each runs twice then, the first time to be rolled back */
  constructor(isPlanned: (name: string) => boolean) {
    this.#isPlanned = isPlanned;
  }

  /** The same database, watched. */
  watching(dialect: Dialect): Dialect {
    return {
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: db => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createDriver: () => this.#watchingDriver(dialect.createDriver()),
    };
  }

  #watchingDriver(driver: Driver): Driver {
    const inner = new Map<DatabaseConnection, DatabaseConnection>();
    return {
      init: () => driver.init(),
      destroy: () => driver.destroy(),
      acquireConnection: async () => {
        const connection = await driver.acquireConnection();
        const watched = this.#watchingConnection(connection);
        inner.set(watched, connection);
        return watched;
      },
      releaseConnection: async watched => {
        const connection = inner.get(watched);
        inner.delete(watched);
        if (connection) await driver.releaseConnection(connection);
      },
      beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
      commitTransaction: connection => driver.commitTransaction(connection),
      rollbackTransaction: connection => driver.rollbackTransaction(connection),
    };
  }

  #watchingConnection(connection: DatabaseConnection): DatabaseConnection {
    let inTransaction = false;
    let plannedAsWritten = false;
    return {
      streamQuery: (query, size) => connection.streamQuery(query, size),
      executeQuery: async <R>(query: CompiledQuery) => {
        const { sql: text, parameters } = query;
        const name = statementNameOf(text);
        if (/^(begin|start transaction|commit|rollback)$/.test(text)) {
          inTransaction = text === 'begin' || text === 'start transaction';
          plannedAsWritten = false;
        } else if (name === null) this.unnamed.add(text);
        else {
          const plan = this.#isPlanned(name) ? await planOf(connection, query, inTransaction) : null;
          this.captured.set(name, { text, parameters, plannedAsWritten, plan });
          if (name === 'planner.set') plannedAsWritten = true;
        }
        return connection.executeQuery<R>(query);
      },
    };
  }
}

/**
 * How PostgreSQL runs a statement here and now, as it would for the store: prepared, with the settings of the
 * transaction. What the statement changes is rolled back.
 */
async function planOf(
  connection: DatabaseConnection,
  { sql: text, parameters }: CompiledQuery,
  inTransaction: boolean,
): Promise<string[] | null> {
  if (!/^\s*(select|insert|update|delete|with|declare)\b/.test(text)) return null;
  const run = async (sql: string) =>
    (await connection.executeQuery<{ 'QUERY PLAN': string }>(CompiledQuery.raw(sql))).rows;
  // A lock of the session would outlive the rollback.
  const explain = /_advisory_/.test(text) ? 'explain' : 'explain (analyze, buffers)';
  await run(inTransaction ? 'savepoint explained' : 'begin');
  try {
    if (parameters.length > 0) await run(`prepare explained as ${text}`);
    const sent = parameters.length > 0 ? `execute explained(${parameters.map(literalOf).join(', ')})` : text;
    return (await run(`${explain} ${sent}`)).map(row => row['QUERY PLAN']);
  } finally {
    await run(inTransaction ? 'rollback to savepoint explained' : 'rollback');
    if (parameters.length > 0) await run('deallocate explained');
  }
}

/** The statement as psql takes it: parameters in place, indented from the left edge. */
export function forPsql({ text, parameters }: Captured): string {
  const lines = text.replace(/^\n+|\s+$/g, '').split('\n');
  const indents = lines
    .slice(1)
    .filter(line => line.trim() !== '')
    .map(line => line.length - line.trimStart().length);
  const indent = Math.min(...indents, ...(text.startsWith('\n') ? [lines[0]?.search(/\S/) ?? 0] : []));
  const dedented = lines.map((line, index) => (index === 0 ? line.trimStart() : line.slice(indent)));
  return `${withLiterals(dedented.join('\n'), parameters)};`;
}
