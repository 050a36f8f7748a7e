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

/** Stores events; which of them cannot be stored is told apart from a store that cannot work now. */
export interface EventStore {
  /** Does ahead of the transaction what needs no database: while another one runs, that costs no time. */
  prepare(event: IdentifiedEvent): IdentifiedEvent;

  /**
   * @param receivedAt when the oldest of them came in, milliseconds since 1970
   * @param origins the traces that they belong to
   * @throws {NotStorable} when one of the events is at fault; anything else may pass by waiting
   */
  store(
    events: readonly IdentifiedEvent[],
    receivedAt: number,
    origins: readonly TraceContext[],
  ): Promise<void>;
}

/** The store works, and will never take this batch. */
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
  /** The consumer group, which the spans name. */
  readonly group: string;
}

/** One readable message. */
interface Entry {
  readonly message: KafkaMessage;
  readonly recorded: IdentifiedEvent;
}

interface Share {
  readonly entries: readonly Entry[];
  readonly receivedAt: number;
  readonly origins: readonly TraceContext[];
}

/** Catching up is cheaper in large transactions: rows that many events touch are written once. */
export const eventsPerTransaction = 6_000;

/**
 * Takes batches of partitions out of the log into the store: those that come while one transaction runs share
 * the next one. A batch is done when each of its messages is stored or kept as a dead letter; only then may its
 * offset be committed.
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
      waitingMax: Number.POSITIVE_INFINITY, // bounded by what Kafka gives out before it is done
      run: shares => this.#store(shares),
      splitsGroup: error => error instanceof NotStorable,
    });
  }

  /** Whether the store took what it was last given. */
  get ready(): boolean {
    return !this.#failing;
  }

  /** @throws when the batch is not wanted any more; then it is not done, and comes again */
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

  /** Stores the entries; of those that the store refuses, halves are tried, until the one at fault is alone. */
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
      const [only] = entries;
      if (entries.length === 1 && only !== undefined) {
        await this.#bury(batch, [{ message: only.message, reason: 'not_storable', detail: error.message }]);
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
    const events = shares.flatMap(({ entries }) => entries.map(({ recorded }) => recorded));
    const receivedAt = Math.min(...shares.map(share => share.receivedAt));
    const origins = shares.flatMap(share => share.origins);
    await this.#options.store.store(events, receivedAt, origins);
    if (this.#failing) this.#options.logger.info('the database is there again');
    this.#failing = false;
  }

  /** NotStorable passes through; all else is waited out. */
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
      const recorded = readMessage(message.value, header, Number(message.timestamp));
      if ('reason' in recorded) letters.push({ message, ...recorded });
      else entries.push({ message, recorded: store.prepare(recorded) });
    }
    return { entries, letters };
  }
}
