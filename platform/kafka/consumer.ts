import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from '../telemetry/log.ts';

export type { KafkaMessage };

/** Messages of one partition, in the order of their offsets. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
  /**
   * Tells the group that this member is alive; to be called at least every few seconds.
   * @throws when the partition may belong to another member now: the caller gives the batch up, without a commit
   */
  heartbeat(): Promise<void>;
  /** False when the consumer is stopping: the caller gives the batch up by throwing, without a commit. */
  isRunning(): boolean;
}

export interface KafkaConsumerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topic: string;
  /** Runs after each connection and before consuming, for example to create topics. */
  readonly prepare: (admin: Admin) => Promise<void>;
  /** Processes a batch. When it resolves, the offset is committed. It is called for several partitions concurrently. */
  readonly onBatch: (batch: PartitionBatch) => Promise<void>;
  /** Receives, every few seconds, the number of unread messages in each partition of this member. */
  readonly onLag?: (lags: ReadonlyMap<number, number>) => void;
  readonly logger: Logger;
}

/** After this time without a heartbeat, Kafka gives the member's partitions to the others, in milliseconds. */
const sessionTimeout = 10_000;
const heartbeatInterval = 1_000;
const reconnectPauseMs = 500;
const lagEveryMs = 5_000;
/** A measurement of the lag that takes longer means that Kafka does not answer. */
const answerMs = 8_000;
/**
 * The size of one fetch of all partitions together, so that memory does not grow with their number. The library
 * shuffles the partitions for each fetch, so that every partition gets its turn.
 */
const fetchBytesMax = 3_500_000;
/** Long enough to commit the last offsets and to leave the group. */
const leaveMs = 5_000;
/** When the library has not done anything for this time, it hangs. */
const inactiveMaxMs = 120_000;

/** A member of a consumer group. It rejoins the group after every failure, however long Kafka is unavailable. */
export class KafkaConsumer {
  readonly #options: KafkaConsumerOptions;
  readonly #stopped = new AbortController();
  /** The partitions of this member; null while it is no member. */
  #assigned: readonly number[] | null = null;
  /** Whether Kafka answered the last measurement of the lag. */
  #answers = true;
  #lastActiveAt = performance.now();
  /** Resolves when the membership is lost or the consumer stops. */
  #lost = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();
  readonly #batches = new Set<Promise<void>>();

  constructor(options: KafkaConsumerOptions) {
    this.#options = options;
  }

  /** Starts to connect and to consume. */
  start(): void {
    this.#running = this.#run();
  }

  /** Whether this is a member of the group, with or without partitions, and Kafka answers. */
  get ready(): boolean {
    return this.#assigned !== null && this.#answers;
  }

  /** Whether there was a fetch, a heartbeat or an attempt to connect in the last two minutes. */
  get alive(): boolean {
    return performance.now() - this.#lastActiveAt < inactiveMaxMs;
  }

  /** Waits for the batches under way and leaves the group; does not wait for a group that does not answer. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#lost.resolve();
    await Promise.race([this.#running, this.#batchesDone()]);
  }

  /** Resolves {@link leaveMs} after the last batch: in a rebalance, leaving the group waits for the other members. */
  async #batchesDone(): Promise<void> {
    do {
      await Promise.allSettled(this.#batches);
      await sleep(leaveMs, null, { ref: false });
    } while (this.#batches.size > 0);
  }

  /** Joins the group, watches the membership, and joins again after every loss. */
  async #run(): Promise<void> {
    const { kafka, logger } = this.#options;
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      this.#lastActiveAt = performance.now();
      this.#lost = Promise.withResolvers();
      this.#answers = true;
      const admin = kafka.admin();
      const consumer = this.#createConsumer();
      try {
        await admin.connect();
        await this.#options.prepare(admin);
        await this.#consume(consumer);
        if (failures > 0) logger.info('Kafka is there again');
        failures = 0;
        await this.#watch(admin);
      } catch (error) {
        if (failures === 0) logger.warn({ err: error }, 'Kafka is away');
        failures += 1;
      }
      this.#assigned = null;
      await Promise.allSettled([consumer.disconnect(), admin.disconnect()]);
      await this.#pause(reconnectPauseMs);
    }
  }

  #createConsumer(): Consumer {
    const { kafka, groupId, logger } = this.#options;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout,
      heartbeatInterval,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 1_000,
      maxBytes: fetchBytesMax,
      allowAutoTopicCreation: false,
      // #run joins again, in the same way after every failure.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        retries: 4,
        restartOnFailure: async () => false,
      },
    });
    const { CRASH, FETCH_START, GROUP_JOIN, HEARTBEAT, REBALANCING } = consumer.events;
    const onActivity = () => {
      this.#lastActiveAt = performance.now();
    };
    consumer.on(FETCH_START, onActivity);
    consumer.on(HEARTBEAT, onActivity);
    consumer.on(GROUP_JOIN, ({ payload }) => {
      onActivity();
      this.#assigned = payload.memberAssignment[this.#options.topic] ?? [];
      logger.info({ partitions: this.#assigned }, 'joined the consumer group');
    });
    consumer.on(REBALANCING, () => logger.debug('the consumer group is rebalancing'));
    consumer.on(CRASH, ({ payload }) => {
      logger.warn({ err: payload.error }, 'the consumer failed and joins again');
      this.#lost.resolve();
    });
    return consumer;
  }

  async #consume(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [this.#options.topic], fromBeginning: true });
    await consumer.run({
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: async payload => {
        const batch = this.#onBatch(payload);
        this.#batches.add(batch);
        await batch.finally(() => this.#batches.delete(batch));
      },
    });
  }

  async #onBatch({ batch, heartbeat, isRunning, resolveOffset }: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = batch;
    if (this.#stopped.signal.aborted) throw new Error('the consumer is stopping');
    await this.#options.onBatch({
      topic,
      partition,
      messages,
      heartbeat: async () => {
        this.#lastActiveAt = performance.now();
        await heartbeat();
      },
      isRunning: () => isRunning() && !this.#stopped.signal.aborted,
    });
    resolveOffset(batch.lastOffset());
  }

  /** Measures the lag regularly; resolves when the membership is lost or the consumer stops. */
  async #watch(admin: Admin): Promise<void> {
    for (;;) {
      const isLost = await Promise.race([
        this.#lost.promise.then(() => true),
        this.#pause(lagEveryMs).then(() => false),
      ]);
      if (isLost || this.#stopped.signal.aborted) return;
      // This notices a Kafka that hangs. The consumer itself joins again once its connection ends.
      this.#answers = await Promise.race([
        this.#measureLag(admin).then(
          () => true,
          () => false,
        ),
        this.#pause(answerMs).then(() => false),
      ]);
    }
  }

  async #measureLag(admin: Admin): Promise<void> {
    const { groupId, topic, onLag } = this.#options;
    if (onLag === undefined) return;
    const ends = await admin.fetchTopicOffsets(topic);
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const committedOffsets = new Map(
      committed?.partitions.map(each => [each.partition, Number(each.offset)]),
    );
    const assigned = this.#assigned ?? [];
    onLag(
      new Map(
        ends
          .filter(({ partition }) => assigned.includes(partition))
          .map(({ partition, high, low }) => {
            const offset = committedOffsets.get(partition) ?? -1; // Kafka's -1: nothing committed yet
            return [partition, Number(high) - (offset < 0 ? Number(low) : offset)];
          }),
      ),
    );
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, null, { signal: this.#stopped.signal }).catch(() => {});
  }
}
