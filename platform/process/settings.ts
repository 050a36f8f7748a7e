import { Type } from 'typebox';
import { type LogLevel, logLevels } from '../telemetry/log.ts';

/** The setting for the amount of logging. */
export const logSettings = {
  LOG_LEVEL: Type.Unsafe<LogLevel>({ type: 'string', enum: [...logLevels], default: 'info' }),
};

/** The settings of every process that listens, by the names of their environment variables. */
export const listenSettings = (defaultPort: number) => ({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on' }),
  PORT: Type.Integer({ default: defaultPort, minimum: 0, maximum: 65_535, description: 'Port to listen on' }),
  ...logSettings,
});

const postgresUrl = { pattern: '^postgres(ql)?://', description: 'A real PostgreSQL, 15 or newer' };

/** For a process that needs a PostgreSQL server. */
export const databaseSettings = { DATABASE_URL: Type.String(postgresUrl) };
/** For a process that uses PGlite without one. */
export const databaseSettingsOptional = { DATABASE_URL: Type.Optional(Type.String(postgresUrl)) };
