import { Kafka, type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '../telemetry/log.ts';
import type { KafkaConfig } from './config.ts';

/**
 * A client that connects at its first request. While the brokers are unavailable, a request fails after some seconds,
 * so that the caller decides how long to wait.
 * @param clientId the name of this client in Kafka's logs and quotas
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

/** The library's messages are for debugging only: it throws every error that matters, and the caller logs it. */
function levelOf({ level }: LogEntry): 'debug' | 'trace' {
  return level <= logLevel.WARN ? 'debug' : 'trace';
}

function fieldsOf({ namespace, log }: LogEntry): Record<string, unknown> {
  const { message: _, timestamp: __, logger: ___, ...fields } = log;
  return { namespace, ...fields };
}
