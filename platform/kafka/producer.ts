import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Admin,
  type ICustomPartitioner,
  type Kafka,
  type Message,
  Partitioners,
  type Producer,
} from 'kafkajs';
import type { Logger } from '../telemetry/log.ts';

export type { Message };

export interface KafkaProducerOptions {
  readonly kafka: Kafka;
  /** The topic whose metadata the producer requests regularly, to learn whether Kafka answers. */
  readonly topic: string;
  /** Runs after each connection, for example to create topics. Until it resolves, nothing is sent. */
  readonly prepare: (admin: Admin) => Promise<void>;
  readonly logger: Logger;
}

/** Kafka did not acknowledge the messages; it may or may not have stored them. They may be sent again. */
export class KafkaUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KafkaAway';
  }
}

/** The messages are larger than the topic allows; a retry would fail too. */
export class MessageTooLarge extends Error {
  constructor(options?: ErrorOptions) {
    super("a message is larger than Kafka's max.message.bytes", options);
    this.name = 'MessageTooLarge';
  }
}

const probeEveryMs = 5_000;
const reconnectPauseMs = 500;
/** A send that takes longer has failed: the HTTP clients that wait for it have timed out by then. */
const sendDeadlineMs = 15_000;

/**
 * An idempotent producer that waits for all in-sync replicas and reconnects after every failure.
 *
 * After a failure it continues as a new producer with a new id. The library reuses the sequence numbers of a failed
 * request; if Kafka has stored that request, it would silently drop the next messages as duplicates. For the same
 * reason there is only one request at a time: during a retry, no other request may use its sequence numbers.
 */
export class KafkaProducer {
  readonly #options: KafkaProducerOptions;
  #producer: Producer | null = null;
  #stopping = false;
  #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Resolves when the connection is lost or the producer stops. */
  #lost: PromiseWithResolvers<void> | null = null;
  /** The latest send; the next one waits for it. */
  #latestSend: Promise<void> = Promise.resolve();

  constructor(options: KafkaProducerOptions) {
    this.#options = options;
  }

  /** Starts to connect, and keeps trying until {@link stop}, however long Kafka is unavailable. */
  start(): void {
    this.#running = this.#run();
  }

  /** Whether the producer is connected and its last request succeeded. */
  get ready(): boolean {
    return this.#producer !== null;
  }

  /**
   * Resolves once all in-sync replicas have every message.
   * @throws {KafkaUnavailable} at once while the producer is not connected, or when Kafka does not acknowledge in time
   * @throws {MessageTooLarge}
   */
  async send(topic: string, messages: Message[]): Promise<void> {
    const previous = this.#latestSend;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#latestSend = done;
    await previous;
    try {
      await this.#sendNow(topic, messages);
    } finally {
      resolve();
    }
  }

  async #sendNow(topic: string, messages: Message[]): Promise<void> {
    const producer = this.#producer;
    if (producer === null) throw new KafkaUnavailable('Kafka is away');
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => deadline.reject(new Error(`Kafka did not acknowledge within ${sendDeadlineMs / 1000} s`)),
      sendDeadlineMs,
    ).unref();
    try {
      await Promise.race([producer.send({ topic, messages, acks: -1, timeout: 10_000 }), deadline.promise]);
    } catch (cause) {
      if (this.#producer === producer) this.#lose(cause);
      if (isTooLarge(cause)) throw new MessageTooLarge({ cause });
      throw new KafkaUnavailable('Kafka did not acknowledge', { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Disconnects without waiting for a send under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopped.abort();
    this.#lost?.resolve();
    await this.#running;
  }

  /** Connects, watches the connection, and reconnects after every loss. */
  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      const { logger } = this.#options;
      const { producer, admin } = this.#createClients();
      try {
        await admin.connect();
        await this.#options.prepare(admin);
        await producer.connect();
        this.#lost = Promise.withResolvers();
        this.#producer = producer;
        logger.info(failures === 0 ? 'connected to Kafka' : 'Kafka is there again');
        failures = 0;
        await this.#watch(admin, this.#lost.promise);
      } catch (error) {
        if (failures === 0) logger.warn({ err: error }, 'Kafka is away');
        failures += 1;
      }
      this.#producer = null;
      // Closing a broken connection may take long, so it happens in the background.
      const closed = Promise.allSettled([producer.disconnect(), admin.disconnect()]);
      if (this.#stopping) await Promise.race([closed, sleep(2_000, null, { ref: false })]);
      else await this.#pause(reconnectPauseMs);
    }
  }

  #createClients(): { readonly producer: Producer; readonly admin: Admin } {
    const { kafka } = this.#options;
    const producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: stablePartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 },
    });
    return { producer, admin: kafka.admin() };
  }

  /** Probes Kafka regularly; resolves when the connection is lost or the producer stops. */
  async #watch(admin: Admin, lost: Promise<void>): Promise<void> {
    while (!this.#stopping) {
      const isLost = await Promise.race([lost.then(() => true), this.#pause(probeEveryMs).then(() => false)]);
      if (isLost || this.#stopping) return;
      await admin.fetchTopicMetadata({ topics: [this.#options.topic] });
    }
  }

  #lose(error: unknown): void {
    this.#options.logger.warn({ err: error }, 'Kafka did not acknowledge');
    this.#producer = null;
    this.#lost?.resolve();
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, null, { signal: this.#stopped.signal }).catch(() => {});
  }
}

/**
 * The partitioning by key of Kafka's Java client. A message without a key is partitioned by its id, so that a retry
 * sends it to the same partition; otherwise the sequence numbers of both partitions would be wrong.
 */
const stablePartitioner: ICustomPartitioner = () => {
  const partition = Partitioners.DefaultPartitioner();
  return args => {
    const { key, headers, value } = args.message;
    return partition({
      ...args,
      message: { ...args.message, key: key ?? textOf(headers?.['ce_id']) ?? value },
    });
  };
};

function textOf(header: unknown): string | undefined {
  return typeof header === 'string' || Buffer.isBuffer(header) ? String(header) : undefined;
}

function isTooLarge(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if ('type' in each && (each.type === 'MESSAGE_TOO_LARGE' || each.type === 'RECORD_LIST_TOO_LARGE'))
      return true;
  return false;
}
