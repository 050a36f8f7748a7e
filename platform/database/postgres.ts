import { type Dialect, Kysely, PostgresDialect } from 'kysely';
import { type CustomTypesConfig, Pool, types } from 'pg';
import { type Logger, silentLogger } from '../telemetry/log.ts';
import { arrayElements, columnParsers } from './column-types.ts';
import { NamingClient } from './named-statements.ts';

export interface PostgresOptions {
  /** The largest number of connections in the pool. */
  readonly connectionsMax: number;
  /** The name in `pg_stat_activity`. */
  readonly applicationName: string;
  /** The server cancels a statement that runs longer (57014). Absent: the server's setting. */
  readonly statementTimeoutMs?: number;
  /** How long a query waits for a connection before it fails. Default 5 s. */
  readonly connectTimeoutMs?: number;
  readonly logger?: Logger;
}

/**
 * A pool of connections to a PostgreSQL server. It connects at the first query, and again after every loss. While the
 * server is unavailable, queries fail (see {@link ./errors.ts}) and the process goes on.
 * `destroy()` waits for the running queries and closes the pool.
 * @param url `postgres://user:password@host:port/database`, with libpq's `sslmode` and the like
 */
export function openPostgres<T>(url: string, options: PostgresOptions): Kysely<T> {
  return new Kysely<T>({ dialect: postgresDialect(url, options) });
}

/** The pool of {@link openPostgres}, for a caller that makes its own Kysely. */
export function postgresDialect(url: string, options: PostgresOptions): Dialect {
  const logger = options.logger ?? silentLogger;
  const pool = new Pool({
    Client: NamingClient,
    connectionString: url,
    max: options.connectionsMax,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(options.statementTimeoutMs === undefined ? {} : timeouts(options.statementTimeoutMs)),
    types: columnTypes,
  });
  // Without these listeners, a restart of the server would end the process. The first is for connections in use,
  // whose query fails with the error; the second is for idle ones.
  pool.on('connect', client => client.on('error', () => {}));
  pool.on('error', error => logger.warn({ err: error }, 'an idle database connection was lost'));
  return new PostgresDialect({ pool });
}

/** The server cancels the statement; if it cannot answer any more, the driver gives up a little later. */
function timeouts(ms: number) {
  return { statement_timeout: ms, query_timeout: ms + 5_000 };
}

const columnTypes: CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') => {
    if (format === 'binary') return types.getTypeParser(id, format);
    const element = columnParsers[arrayElements[id] ?? -1];
    if (element) return arrayParser(element);
    return columnParsers[id] ?? types.getTypeParser(id, format);
  },
};

const textArray: number = 1009;

/** Parses an array: pg splits it as an array of text, and `parseElement` parses each item. */
function arrayParser(parseElement: (text: string) => unknown): (text: string) => unknown {
  const parse = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(parse);
    return typeof item === 'string' ? parseElement(item) : item;
  };
  return text => parse(types.getTypeParser(textArray, 'text')(text));
}
