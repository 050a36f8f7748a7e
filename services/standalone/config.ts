import { Type } from 'typebox';
import { ConfigError, collectProblems, type Environment, readConfig } from '../../platform/process/config.ts';
import { databaseSettingsOptional, listenSettings, logSettings } from '../../platform/process/settings.ts';
import type { LogLevel } from '../../platform/telemetry/log.ts';
import type { DatabaseLocation } from '../../store/schema/open.ts';
import { attributionSettings } from '../../store/schema/settings.ts';
import { catalogueSettings, type ReadCatalogue, readCatalogueConfig } from '../catalogue/read.ts';
import { type CollectorConfig, listenFault, readCollectorConfig } from '../collector/config.ts';
import { type MetricsConfig, readMetricsConfig } from '../metrics/config.ts';

/** The settings of the store, which the server and the command line share. */
export const databaseSettings = {
  DATA_DIR: Type.String({ default: './data', description: "Folder of the standalone run's database" }),
  ...databaseSettingsOptional,
  ...attributionSettings,
  ...logSettings,
};

/** Further settings of the standalone run, besides those of its parts. */
export const standaloneSettings = {
  ...databaseSettings,
  ...listenSettings(8080),
  ...catalogueSettings,
};

export interface DatabaseConfig {
  readonly location: DatabaseLocation;
  readonly attributionWindowMinutes: number;
  readonly logLevel: LogLevel;
}

export interface StandaloneConfig extends DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly collector: CollectorConfig;
  readonly metrics: MetricsConfig;
  readonly catalogue: ReadCatalogue;
}

/** @throws {ConfigError} with every problem at once */
export function readDatabaseConfig(env: Environment): DatabaseConfig {
  return databaseConfigOf(readConfig(Type.Object(databaseSettings), env));
}

/** @throws {ConfigError} with every problem at once, including those of the parts */
export function readStandaloneConfig(env: Environment): StandaloneConfig {
  const problems: string[] = [];
  const part = <T>(read: () => T) => collectProblems(problems, read);
  const settings = part(() => readConfig(Type.Object(standaloneSettings), env));
  const collector = part(() => readCollectorConfig(env));
  const metrics = part(() => readMetricsConfig(env));
  const catalogue = part(() => readCatalogueConfig(env));
  const fault = settings && collector ? listenFault(settings.HOST, collector.tokens.length > 0) : null;
  if (fault !== null) problems.push(fault);
  if (!settings || !collector || !metrics || !catalogue || problems.length > 0)
    throw new ConfigError(problems);
  return {
    ...databaseConfigOf(settings),
    host: settings.HOST,
    port: settings.PORT,
    collector,
    metrics,
    catalogue,
  };
}

function databaseConfigOf(settings: {
  DATA_DIR: string;
  DATABASE_URL?: string;
  BLAME_WINDOW_MINUTES: number;
  LOG_LEVEL: LogLevel;
}): DatabaseConfig {
  return {
    location: { databaseUrl: settings.DATABASE_URL, dataDir: settings.DATA_DIR },
    attributionWindowMinutes: settings.BLAME_WINDOW_MINUTES,
    logLevel: settings.LOG_LEVEL,
  };
}
