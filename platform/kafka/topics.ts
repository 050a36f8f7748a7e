import type { Admin } from 'kafkajs';
import type { KafkaConfig } from './config.ts';

export interface TopicDefinition {
  readonly topic: string;
  readonly partitions: number;
  /** Kafka's topic settings, such as `retention.ms`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** How long Kafka keeps what is read soon: long enough for a consumer that is out of work for a month. */
const keptMs = 30 * 86_400_000;
/** A request body at its largest, and its frame. */
const messageBytesMax = 6_000_000;

/** The topic of the events. */
export function eventTopic({
  topic,
  partitions,
}: Pick<KafkaConfig, 'topic' | 'partitions'>): TopicDefinition {
  const settings = { 'retention.ms': String(keptMs), 'max.message.bytes': String(messageBytesMax) };
  return { topic, partitions, settings };
}

/** The topic of what could not be stored, which is kept until somebody looks at it. */
export function deadLetterTopic({ topic }: Pick<KafkaConfig, 'topic'>): TopicDefinition {
  const settings = { 'retention.ms': '-1', 'max.message.bytes': String(messageBytesMax) };
  return { topic: `${topic}.dlq`, partitions: 1, settings };
}

/**
 * Makes the topic where it is missing, on up to three brokers. One that is there is left as it is.
 * Safe when many processes do it at once.
 * @returns whether it was made now
 * @throws {Error} saying what to do when it is missing and this user may not make it
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
    if (!isDenied(error)) throw error;
    throw new Error(
      `Kafka has no topic ${topic} that this user can see, and lets it make none. Create it with ` +
        `${partitions} partitions, or allow this user to describe and create it.`,
      { cause: error },
    );
  }
}

const denied = /AUTHORIZATION_FAILED|not authorized/i;

function isDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.some(isDenied);
  return ('type' in error && denied.test(String(error.type))) || denied.test(error.message);
}
