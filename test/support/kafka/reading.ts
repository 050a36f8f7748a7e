import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { waitFor } from '../product/process.ts';

const open = (brokers: string) =>
  new Kafka({ clientId: 'firstlight tests', brokers: brokers.split(','), logLevel: logLevel.NOTHING });

/** Resolves when the consumer group has committed the end of every partition of the topic. */
export async function waitUntilRead(
  brokers: string,
  { group, topic, deadlineMs = 60_000 }: { group: string; topic: string; deadlineMs?: number },
): Promise<void> {
  const admin = open(brokers).admin();
  await admin.connect();
  try {
    await waitFor(
      async () => {
        const ends = await admin.fetchTopicOffsets(topic);
        const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
        const offsets = new Map(committed?.partitions.map(each => [each.partition, each.offset]));
        const behind = ends.filter(({ partition, high }) => high !== '0' && offsets.get(partition) !== high);
        if (behind.length > 0)
          throw new Error(
            behind.map(each => `${each.partition}: ${offsets.get(each.partition)} of ${each.high}`).join(),
          );
        return true;
      },
      { what: `a group that has read all of ${topic}`, deadlineMs },
    );
  } finally {
    await admin.disconnect();
  }
}

/** The state of a consumer group: `Stable`, `PreparingRebalance`, …; null when Kafka does not know the group. */
export async function groupState({
  brokers,
  group,
}: {
  readonly brokers: string;
  readonly group: string;
}): Promise<string | null> {
  const admin = open(brokers).admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([group]);
    return groups[0]?.state ?? null;
  } finally {
    await admin.disconnect();
  }
}

/** All messages that a topic with one partition holds now; none if the topic does not exist. */
export async function readTopic(brokers: string, topic: string): Promise<KafkaMessage[]> {
  const kafka = open(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const topics = await admin.listTopics();
  const ends = topics.includes(topic) ? await admin.fetchTopicOffsets(topic) : [];
  await admin.disconnect();
  const end = Number(ends[0]?.high ?? 0);
  const messages: KafkaMessage[] = [];
  if (end === 0) return messages;
  const consumer = kafka.consumer({ groupId: `${topic}-reader-${process.hrtime.bigint()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void messages.push(message) });
    await waitFor(() => messages.length >= end, { what: `${end} messages of ${topic}` });
  } finally {
    await consumer.disconnect();
  }
  return messages;
}
