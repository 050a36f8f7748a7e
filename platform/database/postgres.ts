import { Kysely, PostgresDialect } from 'kysely';
import { type CustomTypesConfig, Pool, types } from 'pg';
import { type Logger, silentLogger } from '../telemetry/log.ts';
import { arrayElements, columnParsers } from './column-types.ts';
import { NamingClient } from './named-statements.ts';

export interface PostgresOptions {
  /** Connections of the pool at most. */
  readonly connectionsMax: number;
  /** What `pg_stat_activity` shows. */
  readonly applicationName: string;
  /** A statement that runs longer is cancelled by the server (57014). Absent: the server's own setting. */
  readonly statementTimeoutMs?: number;
  /** How long a query waits for a connection before it fails as away. */
  readonly connectTimeoutMs?: number;
  readonly logger?: Logger;
}

/**
 * A pool of connections to a PostgreSQL server. Connects when first asked, and again after every loss; a
 * server that is away fails the query (see {@link ./database-errors.ts}), never the process.
 * `destroy()` waits for the running queries and closes the pool.
 * @param url `postgres://user:password@host:port/database`, with libpq's `sslmode` and the like
 */
export function openPostgres<T>(url: string, options: PostgresOptions): Kysely<T> {
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
  // Without these listeners, a server that restarts would end the process: by way of a connection that is in use
  // (whose query fails and says so), and by way of an idle one.
  pool.on('connect', client => client.on('error', () => {}));
  pool.on('error', error => logger.warn({ err: error }, 'an idle database connection was lost'));
  return new Kysely<T>({ dialect: new PostgresDialect({ pool }) });
}

/** The server cancels the statement; where it cannot even say so any more, the driver gives up a little later. */
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

/** pg splits an array of text; its items are then read by `element`. */
function arrayParser(element: (text: string) => unknown): (text: string) => unknown {
  const read = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(read);
    return typeof item === 'string' ? element(item) : item;
  };
  return text => read(types.getTypeParser(textArray, 'text')(text));
}
