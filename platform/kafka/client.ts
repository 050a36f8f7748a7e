import { Kafka, type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '../telemetry/log.ts';
import type { KafkaConfig } from './config.ts';

/**
 * A client that connects when first asked. A broker that is away fails a request after some seconds, so that
 * the caller decides how long to wait.
 * @param clientId what Kafka's own logs and quotas show
 */
export function openKafka({ brokers, sasl, ssl }: KafkaConfig, clientId: string, logger: Logger): Kafka {
  return new Kafka({
    clientId,
    brokers: [...brokers],
    ...(sasl && { sasl }),
    ...(ssl && { ssl }),
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 },
    logLevel: logLevel.WARN,
    logCreator: () => entry => logger[levelOf(entry)](fieldsOf(entry), entry.log.message),
  });
}

/** Nothing that the library says is ours to judge: what matters is thrown, and logged by who called. */
function levelOf({ level }: LogEntry): 'debug' | 'trace' {
  return level <= logLevel.WARN ? 'debug' : 'trace';
}

function fieldsOf({ namespace, log }: LogEntry): Record<string, unknown> {
  const { message: _, timestamp: __, logger: ___, ...fields } = log;
  return { namespace, ...fields };
}
