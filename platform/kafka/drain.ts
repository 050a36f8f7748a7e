import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';

export interface DrainOptions {
  readonly topic: string;
  /** The consumer group whose committed offsets say how far earlier calls came. */
  readonly groupId: string;
  /** Whether to begin with the oldest message that Kafka still has; otherwise, with the first uncommitted one. */
  readonly fromBeginning: boolean;
  /** Whether to commit the offsets of the finished messages. */
  readonly commit: boolean;
  /** Processes messages of one partition. They are finished when it resolves. */
  readonly onMessages: (messages: readonly KafkaMessage[], partition: number) => Promise<void>;
}

/**
 * Reads a topic up to its end at the time of the call. Messages that are written meanwhile, such as one that
 * `onMessages` sends back to the topic, are not read.
 * @returns the number of finished messages
 * @throws the error of `onMessages`, or one of Kafka; the offsets of the messages finished before stay committed
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
        const messages = batch.messages.filter(({ offset }) => BigInt(offset) < end);
        try {
          await options.onMessages(messages, partition);
          finished += messages.length;
          const afterBatch = BigInt(batch.lastOffset()) + 1n;
          const next = afterBatch < end ? afterBatch : end;
          resolveOffset(String(next - 1n));
          if (options.commit) await commit(consumer, topic, partition, next);
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

/** The end offset of each partition that has messages to read. */
async function endsOf(kafka: Kafka, options: DrainOptions): Promise<Map<number, bigint>> {
  const { topic, groupId, fromBeginning } = options;
  const admin = kafka.admin();
  try {
    await admin.connect();
    if (!(await admin.listTopics()).includes(topic)) return new Map();
    const offsets = await admin.fetchTopicOffsets(topic);
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const committedOffsets = new Map(
      committed?.partitions.map(each => [each.partition, BigInt(each.offset)]),
    );
    const beginOf = ({ partition, low }: { partition: number; low: string }) => {
      const begin = fromBeginning ? -1n : (committedOffsets.get(partition) ?? -1n);
      return begin < BigInt(low) ? BigInt(low) : begin;
    };
    return new Map(
      offsets
        .filter(each => BigInt(each.high) > beginOf(each))
        .map(({ partition, high }) => [partition, BigInt(high)]),
    );
  } finally {
    await admin.disconnect();
  }
}

async function commit(consumer: Consumer, topic: string, partition: number, next: bigint): Promise<void> {
  await consumer.commitOffsets([{ topic, partition, offset: String(next) }]);
}
