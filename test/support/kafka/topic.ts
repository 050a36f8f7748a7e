import { randomBytes } from 'node:crypto';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { waitFor } from '../product/process.ts';

/** A topic for one test. */
export interface TestTopic {
  readonly topic: string;
  delete(): Promise<void>;
}

/**
 * Creates a topic with a random name. Resolves when all its partitions have leaders.
 * @param brokers `host:port`, separated by commas
 */
export async function createTopic(
  brokers: string,
  options: { readonly partitions?: number } = {},
): Promise<TestTopic> {
  const topic = `test-${randomBytes(8).toString('hex')}`;
  const numPartitions = options.partitions ?? 1;
  await administer(brokers, async admin => {
    await admin.createTopics({
      topics: [{ topic, numPartitions, replicationFactor: 1 }],
      waitForLeaders: false,
    });
    // kafkajs's own wait fails where a busy broker does not know the new topic yet.
    await waitFor(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const partitions = topics.flatMap(each => each.partitions);
      return partitions.length === numPartitions && partitions.every(({ leader }) => leader >= 0);
    });
  });
  return {
    topic,
    delete: () => administer(brokers, admin => admin.deleteTopics({ topics: [topic] })),
  };
}

/** Whether a broker answers and the cluster has a broker that accepts messages. Never throws. */
export async function kafkaAnswers(brokers: string): Promise<boolean> {
  try {
    // A starting broker answers before it has joined the cluster; then the cluster has no brokers.
    const cluster = await administer(brokers, admin => admin.describeCluster(), { retries: 0 });
    return cluster.brokers.length > 0;
  } catch {
    return false;
  }
}

async function administer<T>(
  brokers: string,
  work: (admin: Admin) => Promise<T>,
  retry: { readonly retries?: number } = {},
): Promise<T> {
  const admin = new Kafka({
    clientId: 'firstlight tests',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry,
  }).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
