import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';

export interface DrainOptions {
  readonly topic: string;
  /** The group that remembers how far earlier drains came. */
  readonly groupId: string;
  /** Begin with the oldest message that Kafka still has, not with the first that no earlier drain has finished. */
  readonly fromBeginning: boolean;
  /** Whether the group is to remember what this drain has finished. */
  readonly remember: boolean;
  /** Does the work of some messages of one partition; they are finished when this resolves. */
  readonly onMessages: (messages: readonly KafkaMessage[], partition: number) => Promise<void>;
}

/**
 * Reads a topic up to where it ended when this began, so that what is written meanwhile (such as a message that
 * comes back) is not read again.
 * @returns how many messages were finished
 * @throws what `onMessages` threw, or Kafka's own error; what was finished before stays finished
 */
export async function drainTopic(kafka: Kafka, options: DrainOptions): Promise<number> {
  const { topic, groupId } = options;
  const ends = await endsOf(kafka, options);
  if (ends.size === 0) return 0;
  let finished = 0;
  const done = Promise.withResolvers<void>();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 500, allowAutoTopicCreation: false });
  consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, heartbeat, resolveOffset }) => {
        const { partition } = batch;
        const end = ends.get(partition);
        if (end === undefined) return;
        const wanted = batch.messages.filter(({ offset }) => BigInt(offset) < end);
        try {
          await options.onMessages(wanted, partition);
          finished += wanted.length;
          const reached = BigInt(batch.lastOffset()) + 1n;
          const next = reached < end ? reached : end;
          resolveOffset(String(next - 1n));
          if (options.remember) await remember(consumer, topic, partition, next);
          if (next === end) ends.delete(partition);
        } catch (error) {
          done.reject(error);
          return;
        }
        if (ends.size === 0) done.resolve();
        await heartbeat();
      },
    });
    if (options.fromBeginning)
      for (const partition of ends.keys()) consumer.seek({ topic, partition, offset: '-2' });
    await done.promise;
  } finally {
    await consumer.disconnect();
  }
  return finished;
}

/** Where each partition ends that has anything to read. */
async function endsOf(kafka: Kafka, options: DrainOptions): Promise<Map<number, bigint>> {
  const { topic, groupId, fromBeginning } = options;
  const admin = kafka.admin();
  try {
    await admin.connect();
    if (!(await admin.listTopics()).includes(topic)) return new Map();
    const offsets = await admin.fetchTopicOffsets(topic);
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const reached = new Map(committed?.partitions.map(each => [each.partition, BigInt(each.offset)]));
    const begins = ({ partition, low }: { partition: number; low: string }) => {
      const begin = fromBeginning ? -1n : (reached.get(partition) ?? -1n);
      return begin < BigInt(low) ? BigInt(low) : begin;
    };
    return new Map(
      offsets
        .filter(each => BigInt(each.high) > begins(each))
        .map(({ partition, high }) => [partition, BigInt(high)]),
    );
  } finally {
    await admin.disconnect();
  }
}

async function remember(consumer: Consumer, topic: string, partition: number, next: bigint): Promise<void> {
  await consumer.commitOffsets([{ topic, partition, offset: String(next) }]);
}
