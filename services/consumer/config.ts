import { Type } from 'typebox';
import { accessSettings, readAccess } from '../../platform/http/access.ts';
import { type KafkaConfig, readKafkaConfig } from '../../platform/kafka/config.ts';
import { ConfigError, collectProblems, type Environment, readConfig } from '../../platform/process/config.ts';
import { databaseSettings, listenSettings } from '../../platform/process/settings.ts';
import type { LogLevel } from '../../platform/telemetry/log.ts';
import { attributionSettings } from '../../store/schema/settings.ts';

export const groupSettings = {
  KAFKA_GROUP: Type.String({
    default: 'firstlight',
    minLength: 1,
    description:
      'Consumer group that shares the work; a new name reads everything that Kafka still has again',
  }),
};

/** The consumer's settings, by the names of their environment variables; those of Kafka come on top. */
export const consumerSettings = {
  ...listenSettings(9465),
  ...databaseSettings,
  ...attributionSettings,
  ...accessSettings,
  ...groupSettings,
};

export interface ConsumerConfig {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly readToken: string | undefined;
  readonly databaseUrl: string;
  readonly attributionWindowMinutes: number;
  readonly group: string;
  readonly kafka: KafkaConfig;
}

/** @throws {ConfigError} with every problem at once */
export function readConsumerConfig(env: Environment): ConsumerConfig {
  const problems: string[] = [];
  const part = <T>(read: () => T) => collectProblems(problems, read);
  const settings = part(() => readConfig(Type.Object(consumerSettings), env));
  const access = part(() => ({ readToken: readAccess(env) }));
  const kafka = part(() => readKafkaConfig(env));
  if (!settings || !access || !kafka) throw new ConfigError(problems);
  return {
    host: settings.HOST,
    port: settings.PORT,
    logLevel: settings.LOG_LEVEL,
    ...access,
    databaseUrl: settings.DATABASE_URL,
    attributionWindowMinutes: settings.BLAME_WINDOW_MINUTES,
    group: settings.KAFKA_GROUP,
    kafka,
  };
}
