import type { Admin } from 'kafkajs';
import type { KafkaConfig } from './config.ts';

export interface TopicDefinition {
  readonly topic: string;
  readonly partitions: number;
  /** Kafka's topic settings, such as `retention.ms`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** How long Kafka keeps the events: consumers may be down for up to a month. */
const retentionMs = 30 * 86_400_000;
/** The largest request body (5 MB) and its envelope. */
const messageBytesMax = 6_000_000;

/** The topic of the events. */
export function eventTopic({
  topic,
  partitions,
}: Pick<KafkaConfig, 'topic' | 'partitions'>): TopicDefinition {
  const settings = { 'retention.ms': String(retentionMs), 'max.message.bytes': String(messageBytesMax) };
  return { topic, partitions, settings };
}

/** The topic of the messages that could not be stored. Kafka keeps them for ever. */
export function deadLetterTopic({ topic }: Pick<KafkaConfig, 'topic'>): TopicDefinition {
  const settings = { 'retention.ms': '-1', 'max.message.bytes': String(messageBytesMax) };
  return { topic: `${topic}.dlq`, partitions: 1, settings };
}

/**
 * Creates the topic if it does not exist, with up to three replicas. An existing topic is not changed.
 * Several processes may call this at once.
 * @returns whether this call created the topic
 * @throws {Error} with advice when the topic does not exist and this user may not create it
 */
export async function ensureTopic(
  admin: Admin,
  { topic, partitions, settings }: TopicDefinition,
): Promise<boolean> {
  const topics = await admin.listTopics();
  if (topics.includes(topic)) return false;
  const { brokers } = await admin.describeCluster();
  const replicationFactor = Math.min(3, brokers.length);
  const configEntries = Object.entries({
    ...settings,
    ...(replicationFactor === 3 ? { 'min.insync.replicas': '2' } : {}),
  }).map(([name, value]) => ({ name, value }));
  try {
    return await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }],
    });
  } catch (error) {
    if (!isAuthorizationError(error)) throw error;
    throw new Error(
      `Kafka has no topic ${topic} that this user can see, and lets it make none. Create it with ` +
        `${partitions} partitions, or allow this user to describe and create it.`,
      { cause: error },
    );
  }
}

const authorizationError = /AUTHORIZATION_FAILED|not authorized/i;

function isAuthorizationError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isAuthorizationError);
  const type = 'type' in error ? String(error.type) : '';
  return authorizationError.test(type) || authorizationError.test(error.message);
}
