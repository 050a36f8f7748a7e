import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from '../telemetry/log.ts';

export type { KafkaMessage };

/** What was fetched of one partition, in the order of its offsets. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
  /**
   * Tells the group that this member is at work; call it at least every few seconds.
   * @throws when the partition may have gone to another member: leave the batch, its offset is kept
   */
  heartbeat(): Promise<void>;
  /** False when the consumer is stopping: leave the batch by throwing, its offset is kept. */
  isRunning(): boolean;
}

export interface KafkaConsumerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topic: string;
  /** Called once Kafka answers, such as to make topics. */
  readonly prepare: (admin: Admin) => Promise<void>;
  /** Does the work of a batch; its offset is committed when this resolves. Batches of several partitions come at once. */
  readonly onBatch: (batch: PartitionBatch) => Promise<void>;
  /** Told, every few seconds, how many messages of each of its partitions this member has still to read. */
  readonly onLag?: (lags: ReadonlyMap<number, number>) => void;
  readonly logger: Logger;
}

/** A member that is silent for so long is taken for dead, and its partitions are given to the others. */
const sessionTimeout = 10_000;
const heartbeatInterval = 1_000;
const pauseMs = 500;
const lagEveryMs = 5_000;
/** A Kafka that takes longer to say where its partitions end does not answer. */
const answerMs = 8_000;
/**
 * What one fetch brings of all partitions together, so that memory does not grow with their number. The library shuffles
 * their order each time, so that each gets its turn.
 */
const fetchedBytesMax = 3_500_000;
/** Long enough to commit the last offsets and to leave the group. */
const farewellMs = 5_000;
/** Without any sign of life of the library for so long, it hangs. */
const silentMax = 120_000;

/** A member of a consumer group that joins again by itself after every failure, however long Kafka is away. */
export class KafkaConsumer {
  readonly #options: KafkaConsumerOptions;
  readonly #stopped = new AbortController();
  #assigned: readonly number[] | null = null;
  #answers = true;
  #lastSign = performance.now();
  #lost = Promise.withResolvers<void>();
  #kept: Promise<void> = Promise.resolve();
  readonly #batches = new Set<Promise<void>>();

  constructor(options: KafkaConsumerOptions) {
    this.#options = options;
  }

  /** Begins to connect and to consume. */
  start(): void {
    this.#kept = this.#keep();
  }

  /** Whether it is a member of the group, with or without partitions, and Kafka answers. */
  get ready(): boolean {
    return this.#assigned !== null && this.#answers;
  }

  /** Whether anything has happened lately: a fetch, a heartbeat, an attempt to connect. */
  get alive(): boolean {
    return performance.now() - this.#lastSign < silentMax;
  }

  /** Leaves the group when the batches under way are done or left; without a farewell when the group is not to be had. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#lost.resolve();
    await Promise.race([this.#kept, this.#idle()]);
  }

  /** Resolves some time after the last batch: in a rebalance, the library waits for the others before it leaves. */
  async #idle(): Promise<void> {
    do {
      await Promise.allSettled(this.#batches);
      await sleep(farewellMs, null, { ref: false });
    } while (this.#batches.size > 0);
  }

  async #keep(): Promise<void> {
    const { kafka, logger } = this.#options;
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      this.#lastSign = performance.now();
      this.#lost = Promise.withResolvers();
      this.#answers = true;
      const admin = kafka.admin();
      const consumer = this.#member();
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
      await this.#pause(pauseMs);
    }
  }

  #member(): Consumer {
    const { kafka, groupId, logger } = this.#options;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout,
      heartbeatInterval,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 1_000,
      maxBytes: fetchedBytesMax,
      allowAutoTopicCreation: false,
      // Joining again is done here, in one way for every failure.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        retries: 4,
        restartOnFailure: async () => false,
      },
    });
    const { CRASH, FETCH_START, GROUP_JOIN, HEARTBEAT, REBALANCING } = consumer.events;
    const sign = () => {
      this.#lastSign = performance.now();
    };
    consumer.on(FETCH_START, sign);
    consumer.on(HEARTBEAT, sign);
    consumer.on(GROUP_JOIN, ({ payload }) => {
      sign();
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
        this.#lastSign = performance.now();
        await heartbeat();
      },
      isRunning: () => isRunning() && !this.#stopped.signal.aborted,
    });
    resolveOffset(batch.lastOffset());
  }

  /** Resolves when the member was lost or is not wanted any more. */
  async #watch(admin: Admin): Promise<void> {
    for (;;) {
      const isLost = await Promise.race([
        this.#lost.promise.then(() => true),
        this.#pause(lagEveryMs).then(() => false),
      ]);
      if (isLost || this.#stopped.signal.aborted) return;
      // A Kafka that hangs is noticed here; the member itself finds out when its connection ends, and joins again.
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
    const reached = new Map(committed?.partitions.map(each => [each.partition, Number(each.offset)]));
    const assigned = this.#assigned ?? [];
    onLag(
      new Map(
        ends
          .filter(({ partition }) => assigned.includes(partition))
          .map(({ partition, high, low }) => {
            const offset = reached.get(partition) ?? -1;
            return [partition, Number(high) - (offset < 0 ? Number(low) : offset)];
          }),
      ),
    );
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, null, { signal: this.#stopped.signal }).catch(() => {});
  }
}

/** A header of a message as text; of repeated ones the last. */
export function textHeader({ headers }: KafkaMessage, name: string): string | undefined {
  const value = headers?.[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined || last === null ? undefined : String(last);
}

/** All headers of a message, as {@link textHeader} gives them. */
export function textHeaders(message: KafkaMessage): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(message.headers ?? {})) {
    const text = textHeader(message, name);
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}
