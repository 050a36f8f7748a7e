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
  /** Asked about now and then, to know whether Kafka is there. */
  readonly topic: string;
  /** Called once Kafka answers, such as to make topics; until it resolves, nothing is sent. */
  readonly prepare: (admin: Admin) => Promise<void>;
  readonly logger: Logger;
}

/** Kafka did not acknowledge; whether it took the messages is unknown. The same ones may be sent again. */
export class KafkaUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KafkaAway';
  }
}

/** Kafka will never take these messages: they are larger than the topic allows. */
export class MessageTooLarge extends Error {
  constructor(options?: ErrorOptions) {
    super("a message is larger than Kafka's max.message.bytes", options);
    this.name = 'MessageTooLarge';
  }
}

const probeEveryMs = 5_000;
const pauseMs = 500;
/** A send that takes longer has failed: its senders wait no longer either. */
const sendDeadlineMs = 15_000;

/**
 * An idempotent producer that waits for all in-sync replicas, and that finds its way back by itself.
 *
 * After any failure it goes on as a new producer with a new id: the library counts sequence numbers as if a
 * failed request had not been written, and Kafka would silently drop the next messages as repeats where it was.
 * For the same reason there is one request at a time: while the library repeats one, no other may take its numbers.
 */
export class KafkaProducer {
  readonly #options: KafkaProducerOptions;
  #producer: Producer | null = null;
  #stopping = false;
  #stopped = new AbortController();
  #kept: Promise<void> = Promise.resolve();
  #lost: PromiseWithResolvers<void> | null = null;
  /** The last send: two at once would share sequence numbers when the first one fails on its way. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: KafkaProducerOptions) {
    this.#options = options;
  }

  /** Begins to connect, and goes on until {@link stop}, however long Kafka is away. */
  start(): void {
    this.#kept = this.#keep();
  }

  /** Whether Kafka acknowledged when last asked. */
  get ready(): boolean {
    return this.#producer !== null;
  }

  /**
   * Resolves once all in-sync replicas have every message.
   * @throws {KafkaUnavailable} at once while Kafka is away, or when it does not acknowledge in time
   * @throws {MessageTooLarge}
   */
  async send(topic: string, messages: Message[]): Promise<void> {
    const before = this.#last;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#last = done;
    await before;
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

  /** Disconnects; what is under way is given up. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopped.abort();
    this.#lost?.resolve();
    await this.#kept;
  }

  /** Connects, watches, and connects anew after every loss. */
  async #keep(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      const { logger } = this.#options;
      const parts = this.#parts();
      try {
        await parts.admin.connect();
        await this.#options.prepare(parts.admin);
        await parts.producer.connect();
        this.#lost = Promise.withResolvers();
        this.#producer = parts.producer;
        logger.info(failures === 0 ? 'connected to Kafka' : 'Kafka is there again');
        failures = 0;
        await this.#watch(parts.admin, this.#lost.promise);
      } catch (error) {
        if (failures === 0) logger.warn({ err: error }, 'Kafka is away');
        failures += 1;
      }
      this.#producer = null;
      // A broken connection may take its time to close; nobody has to wait for it.
      const closed = Promise.allSettled([parts.producer.disconnect(), parts.admin.disconnect()]);
      if (this.#stopping) await Promise.race([closed, sleep(2_000, null, { ref: false })]);
      else await this.#pause(pauseMs);
    }
  }

  #parts(): { readonly producer: Producer; readonly admin: Admin } {
    const { kafka } = this.#options;
    const producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: steadyPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 },
    });
    return { producer, admin: kafka.admin() };
  }

  /** Resolves when the connection was lost or is not wanted any more. */
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
 * Java's partitioning by key. A message without one goes by its id: it must keep its partition when the library
 * sends it again, or the sequence numbers of both partitions would be wrong.
 */
const steadyPartitioner: ICustomPartitioner = () => {
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
