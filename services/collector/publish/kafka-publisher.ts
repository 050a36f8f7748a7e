import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { type EventMessage, messageOf } from '../../../domain/events/message.ts';
import { type KafkaProducer, KafkaUnavailable, MessageTooLarge } from '../../../platform/kafka/producer.ts';
import { Gatherer, QueueFull } from '../../../platform/process/gather.ts';
import { startSending } from '../../../platform/telemetry/messaging-spans.ts';
import type { TraceContext, Tracing } from '../../../platform/telemetry/spans.ts';
import { Refusal } from '../refusal.ts';
import { type Publisher, Unavailable } from './publisher.ts';

/** The part of the producer that a publisher uses. */
export type Sender = Pick<KafkaProducer, 'send'>;

/**
 * Size of a produce request, about 300 events. Kafka would take 1 MiB per partition by default, but the client library
 * copies a request several times while it builds it, and larger requests are hardly faster.
 */
const bytesPerRequest = 150_000;
const bytesWaitingMax = 50_000_000;
/** Approximate size of a message without its value: the CloudEvents headers with their names and lengths. */
const frameBytes = 300;

/** Publishes to Kafka. Requests that arrive within a few milliseconds share one produce request. */
export class KafkaPublisher implements Publisher {
  readonly #sender: Sender;
  readonly #topic: string;
  readonly #tracing: Tracing | null;
  readonly #gatherer: Gatherer<readonly EventMessage[]>;

  constructor(sender: Sender, topic: string, tracing: Tracing | null = null) {
    this.#sender = sender;
    this.#topic = topic;
    this.#tracing = tracing;
    this.#gatherer = new Gatherer({
      weightOf: messages => sum(messages.map(bytesOf)),
      weightMax: bytesPerRequest,
      waitingMax: bytesWaitingMax,
      lingerMs: 2,
      pauseMs: 1,
      run: batches => this.#send(batches.flat()),
      splitsGroup: error => error instanceof MessageTooLarge,
    });
  }

  async publish(batch: readonly IdentifiedEvent[], trace: TraceContext | null = null): Promise<void> {
    const span = { topic: this.#topic, messages: batch.length };
    const sending = startSending(this.#tracing, trace, span);
    const messages = batch.map(messageOf).map(message => withHeaders(message, sending?.headers));
    try {
      await this.#gatherer.add(messages);
      sending?.end();
    } catch (cause) {
      sending?.end(cause);
      if (cause instanceof QueueFull) throw new Unavailable('too many events wait for Kafka', 1, { cause });
      if (cause instanceof KafkaUnavailable) throw new Unavailable('Kafka is away', 2, { cause });
      if (cause instanceof MessageTooLarge)
        throw new Refusal('too_large', "An event is larger than the log takes (Kafka's max.message.bytes).");
      throw cause;
    }
  }

  /** Resolves when every batch given so far is acknowledged or refused. */
  drained(): Promise<void> {
    return this.#gatherer.drained();
  }

  async #send(messages: readonly EventMessage[]): Promise<void> {
    for (const part of partsOf(messages)) await this.#sender.send(this.#topic, part);
  }
}

function withHeaders(message: EventMessage, traceHeaders: EventMessage['headers'] | undefined): EventMessage {
  return traceHeaders === undefined
    ? message
    : { ...message, headers: { ...message.headers, ...traceHeaders } };
}

/** Splits messages into produce requests of at most {@link bytesPerRequest}, with at least one message each. */
function partsOf(messages: readonly EventMessage[]): EventMessage[][] {
  const parts: EventMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = bytesOf(message);
    if (bytes + size > bytesPerRequest) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(message);
    bytes += size;
  }
  return parts;
}

const bytesOf = ({ value }: EventMessage) => Buffer.byteLength(value) + frameBytes;
const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0);
