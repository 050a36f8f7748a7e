import { Type } from 'typebox';
import { accessSettings, readAccess } from '../../platform/http/access.ts';
import { ConfigError, collectProblems, type Environment, readConfig } from '../../platform/process/config.ts';
import { databaseSettings, listenSettings } from '../../platform/process/settings.ts';
import type { LogLevel } from '../../platform/telemetry/log.ts';
import { catalogueSettings, type ReadCatalogue, readCatalogueConfig } from '../catalogue/read.ts';

/** The metrics service's settings, by the names of their environment variables. */
export const metricsSettings = {
  ...accessSettings,
  WEEK_TIMEZONE: Type.String({
    default: 'UTC',
    description: 'Time zone of the weekly report, by its IANA name; weeks start on Monday',
  }),
};

/** The further settings of the metrics service where it is a process of its settings. */
export const metricsProcessSettings = {
  ...listenSettings(9464),
  ...databaseSettings,
  ...catalogueSettings,
};

export interface MetricsConfig {
  /** Absent: anyone may read. */
  readonly readToken: string | undefined;
  readonly timezone: string;
}

/**
 * The metrics service's settings.
 * @throws {ConfigError} with every problem at once
 */
export function readMetricsConfig(env: Environment): MetricsConfig {
  const problems: string[] = [];
  const readToken = collectProblems(problems, () => ({ token: readAccess(env) }));
  const { WEEK_TIMEZONE: timezone } = readConfig(Type.Object(metricsSettings), env);
  if (!isTimeZone(timezone))
    problems.push('WEEK_TIMEZONE must be the IANA name of a time zone, such as Europe/Berlin or UTC');
  if (!readToken || problems.length > 0) throw new ConfigError(problems);
  return { readToken: readToken.token, timezone };
}

export interface MetricsProcessConfig extends MetricsConfig {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly databaseUrl: string;
  readonly catalogue: ReadCatalogue;
}

/** @throws {ConfigError} with every problem at once */
export function readMetricsProcessConfig(env: Environment): MetricsProcessConfig {
  const problems: string[] = [];
  const settings = collectProblems(problems, () => readConfig(Type.Object(metricsProcessSettings), env));
  const metrics = collectProblems(problems, () => readMetricsConfig(env));
  const catalogue = collectProblems(problems, () => readCatalogueConfig(env));
  if (!settings || !metrics || !catalogue) throw new ConfigError(problems);
  return {
    host: settings.HOST,
    port: settings.PORT,
    logLevel: settings.LOG_LEVEL,
    databaseUrl: settings.DATABASE_URL,
    catalogue,
    ...metrics,
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
