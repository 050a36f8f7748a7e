import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import { Type } from 'typebox';
import { ConfigError, collectProblems, type Environment, readConfig } from '../process/config.ts';

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** The settings of every process that talks to Kafka, by the names of their environment variables. */
export const kafkaSettings = {
  KAFKA_BROKERS: Type.String({
    pattern: '^[^\\s,]+:\\d+( *, *[^\\s,]+:\\d+)*$',
    description: 'Kafka’s brokers, host:port with commas between',
  }),
  KAFKA_TOPIC: Type.String({
    default: 'dora.events',
    // Kafka's rule for names, minus the length of `.dlq`
    pattern: '^[a-zA-Z0-9._-]{1,245}$',
    description: 'Topic of the events; dead letters go to the same name with .dlq',
  }),
  KAFKA_TOPIC_PARTITIONS: Type.Integer({
    default: 12,
    minimum: 1,
    description: 'Partitions of the topic if Firstlight creates it: at most as many consumers share the work',
  }),
  KAFKA_SASL_MECHANISM: Type.Optional(
    Type.Unsafe<(typeof mechanisms)[number]>({ type: 'string', enum: [...mechanisms] }),
  ),
  KAFKA_SASL_USERNAME: Type.Optional(Type.String()),
  KAFKA_SASL_PASSWORD: Type.Optional(Type.String()),
  KAFKA_SSL: Type.Boolean({ default: false, description: 'Talk to Kafka over TLS' }),
  KAFKA_SSL_CA_FILE: Type.Optional(Type.String()),
  KAFKA_SSL_CERT_FILE: Type.Optional(Type.String()),
  KAFKA_SSL_KEY_FILE: Type.Optional(Type.String()),
};

export interface KafkaConfig {
  /** host:port */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** The number of partitions if the topic has to be created. */
  readonly partitions: number;
  readonly sasl?: SASLOptions;
  readonly ssl?: ConnectionOptions;
}

/**
 * Reads Kafka's addresses, topic and credentials.
 * @throws {ConfigError} with every problem at once, including unreadable certificate files
 */
export function readKafkaConfig(env: Environment): KafkaConfig {
  const problems: string[] = [];
  const settings = collectProblems(problems, () => readConfig(Type.Object(kafkaSettings), env));
  const sasl = readSasl(env, problems);
  const ssl = readSsl(env, problems);
  if (settings === null || problems.length > 0) throw new ConfigError(problems);
  return {
    brokers: settings.KAFKA_BROKERS.split(',').map(broker => broker.trim()),
    topic: settings.KAFKA_TOPIC,
    partitions: settings.KAFKA_TOPIC_PARTITIONS,
    ...(sasl && { sasl }),
    ...(ssl && { ssl }),
  };
}

function readSasl(env: Environment, problems: string[]): SASLOptions | null {
  const mechanism = mechanisms.find(each => each === env['KAFKA_SASL_MECHANISM']);
  const username = env['KAFKA_SASL_USERNAME'];
  const password = env['KAFKA_SASL_PASSWORD'];
  if (!mechanism && !username && !password) return null;
  if (!env['KAFKA_SASL_MECHANISM'])
    problems.push('KAFKA_SASL_MECHANISM is required with KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD');
  if (!username) problems.push('KAFKA_SASL_USERNAME is required with KAFKA_SASL_MECHANISM');
  if (!password) problems.push('KAFKA_SASL_PASSWORD is required with KAFKA_SASL_MECHANISM');
  return mechanism && username && password ? { mechanism, username, password } : null;
}

function readSsl(env: Environment, problems: string[]): ConnectionOptions | null {
  const files = { ca: 'KAFKA_SSL_CA_FILE', cert: 'KAFKA_SSL_CERT_FILE', key: 'KAFKA_SSL_KEY_FILE' } as const;
  const present = Object.entries(files).filter(([, name]) => env[name]);
  if (env['KAFKA_SSL'] !== 'true') {
    problems.push(...present.map(([, name]) => `${name} is of use with KAFKA_SSL=true only`));
    return null;
  }
  if (!env[files.cert] !== !env[files.key])
    problems.push('KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE go together');
  const options: ConnectionOptions = {};
  for (const [option, name] of present)
    try {
      Object.assign(options, { [option]: readFileSync(env[name] ?? '', 'utf8') });
    } catch (error) {
      problems.push(`${name} cannot be read: ${error instanceof Error ? error.message : error}`);
    }
  return options;
}
