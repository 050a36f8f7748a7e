import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import { readMessage } from '../../domain/events/message.ts';
import type { KafkaMessage, PartitionBatch } from '../../platform/kafka/consumer.ts';
import { textHeader } from '../../platform/kafka/headers.ts';
import { Gatherer } from '../../platform/process/gather.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import { startProcessing } from '../../platform/telemetry/messaging-spans.ts';
import type { TraceContext, Tracing } from '../../platform/telemetry/spans.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import type { ConsumerObserver } from './observer.ts';
import { untilDone } from './retry.ts';

/** The port to the store. Its errors distinguish an event that cannot be stored from a store that is away. */
export interface EventStore {
  /** Does the work that needs no database ahead of the transaction, while another transaction runs. */
  prepare(event: IdentifiedEvent): IdentifiedEvent;

  /**
   * @param receivedAt when the oldest event was received, in milliseconds since 1970
   * @param origins the traces of the events
   * @throws {NotStorable} if one of the events is at fault; after any other error the caller may retry
   */
  store(
    events: readonly IdentifiedEvent[],
    receivedAt: number,
    origins: readonly TraceContext[],
  ): Promise<void>;
}

/** The store works, but will never take this batch. */
export class NotStorable extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'NotStorable';
  }
}

export interface ConsumptionOptions {
  readonly store: EventStore;
  readonly deadLetters: DeadLetters;
  readonly observer: ConsumerObserver;
  readonly logger: Logger;
  readonly tracing: Tracing | null;
  /** The consumer group, an attribute of the spans. */
  readonly group: string;
}

/** A message with its event. */
interface Entry {
  readonly message: KafkaMessage;
  readonly identified: IdentifiedEvent;
}

/** The entries of one partition's batch, which share a transaction with others. */
interface Share {
  readonly entries: readonly Entry[];
  readonly receivedAt: number;
  readonly origins: readonly TraceContext[];
}

/** Large transactions make catching up cheaper: a row that many events change is written once. */
export const eventsPerTransaction = 6_000;

/**
 * Moves batches of partitions from the log into the store. Batches that arrive during a transaction share the next one.
 * A batch is done when each of its messages is stored or kept as a dead letter; only then may its offset be committed.
 */
export class Consumption {
  readonly #options: ConsumptionOptions;
  readonly #gatherer: Gatherer<Share>;
  #failing = false;

  constructor(options: ConsumptionOptions) {
    this.#options = options;
    this.#gatherer = new Gatherer({
      weightOf: ({ entries }) => entries.length,
      weightMax: eventsPerTransaction,
      waitingMax: Number.POSITIVE_INFINITY, // Kafka gives no further batch of a partition before this one is done
      run: shares => this.#store(shares),
      splitsGroup: error => error instanceof NotStorable,
    });
  }

  /** Whether the store took the last batch. */
  get ready(): boolean {
    return !this.#failing;
  }

  /** @throws if the partition was taken away meanwhile; then the batch is not done, and Kafka gives it out again */
  async take(batch: PartitionBatch): Promise<void> {
    const { tracing, group } = this.#options;
    const { topic, partition } = batch;
    const messages = batch.messages.map(({ headers }) => ({ partition, headers }));
    const processing = startProcessing(tracing, { topic, group }, messages);
    try {
      const { entries, letters } = this.#read(batch.messages);
      await this.#bury(batch, letters);
      await this.#keep(batch, entries, processing?.contexts ?? []);
      processing?.end();
    } catch (error) {
      processing?.end(error);
      throw error;
    }
  }

  /** Stores the entries. If the store refuses them, it tries each half, until the entry at fault stands alone. */
  async #keep(
    batch: PartitionBatch,
    entries: readonly Entry[],
    origins: readonly TraceContext[],
  ): Promise<void> {
    if (entries.length === 0) return;
    const receivedAt = Math.min(...entries.map(({ message }) => Number(message.timestamp)));
    try {
      await untilDone(
        batch,
        () => this.#gatherer.add({ entries, receivedAt, origins }),
        error => this.#onTrouble(error),
      );
    } catch (error) {
      if (!(error instanceof NotStorable)) throw error;
      const [first] = entries;
      if (entries.length === 1 && first !== undefined) {
        await this.#bury(batch, [{ message: first.message, reason: 'not_storable', detail: error.message }]);
        return;
      }
      const half = Math.ceil(entries.length / 2);
      await this.#keep(batch, entries.slice(0, half), origins);
      await this.#keep(batch, entries.slice(half), origins);
    }
  }

  async #bury(batch: PartitionBatch, letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const { deadLetters, logger, observer } = this.#options;
    await untilDone(
      batch,
      () => deadLetters.send(batch, letters),
      error => logger.warn({ err: error }, 'dead letters wait for Kafka'),
    );
    for (const { message, reason, detail } of letters) {
      const { topic, partition } = batch;
      logger.warn({ topic, partition, offset: message.offset, reason, detail }, 'a message was put aside');
      observer.dead(reason, 1);
    }
  }

  async #store(shares: readonly Share[]): Promise<void> {
    const events = shares.flatMap(({ entries }) => entries.map(({ identified }) => identified));
    const receivedAt = Math.min(...shares.map(share => share.receivedAt));
    const origins = shares.flatMap(share => share.origins);
    await this.#options.store.store(events, receivedAt, origins);
    if (this.#failing) this.#options.logger.info('the database is there again');
    this.#failing = false;
  }

  /** Throws NotStorable on; after any other error the batch is tried again. */
  #onTrouble(error: unknown): void {
    if (error instanceof NotStorable) throw error;
    if (!this.#failing) this.#options.logger.warn({ err: error }, 'events wait for the database');
    this.#failing = true;
  }

  #read(messages: readonly KafkaMessage[]): { entries: Entry[]; letters: DeadLetter[] } {
    const { store } = this.#options;
    const entries: Entry[] = [];
    const letters: DeadLetter[] = [];
    for (const message of messages) {
      const header = (name: string) => textHeader(message, name);
      const parsed = readMessage(message.value, header, Number(message.timestamp));
      if ('reason' in parsed) letters.push({ message, ...parsed });
      else entries.push({ message, identified: store.prepare(parsed) });
    }
    return { entries, letters };
  }
}
