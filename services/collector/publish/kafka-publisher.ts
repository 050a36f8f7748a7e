import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { type EventMessage, messageOf } from '../../../domain/events/message.ts';
import { type KafkaProducer, KafkaUnavailable, MessageTooLarge } from '../../../platform/kafka/producer.ts';
import { Gatherer, QueueFull } from '../../../platform/process/gather.ts';
import { startSending } from '../../../platform/telemetry/messaging-spans.ts';
import type { TraceContext, Tracing } from '../../../platform/telemetry/spans.ts';
import { Refusal } from '../routes/refusal.ts';
import { type Publisher, Unavailable } from './publisher.ts';

/** What a publisher needs of a producer. */
export type Sender = Pick<KafkaProducer, 'send'>;

/**
 * Some 300 events. Kafka takes 1 MiB for one partition in one request, unless its topic says otherwise; but the library
 * copies a request again and again while it puts it together, and larger ones are hardly quicker.
 */
const bytesPerRequest = 150_000;
const bytesWaitingMax = 50_000_000;
/** Frame of a message: what its names, lengths and the CloudEvents headers cost, roughly. */
const frameBytes = 300;

/** The distributed run's log: requests that come within a few milliseconds share one produce request. */
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
    const about = { topic: this.#topic, messages: batch.length };
    const sending = startSending(this.#tracing, trace, about);
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

  /** Resolves when everything taken so far is acknowledged or refused. */
  drained(): Promise<void> {
    return this.#gatherer.drained();
  }

  async #send(messages: readonly EventMessage[]): Promise<void> {
    for (const part of partsOf(messages)) await this.#sender.send(this.#topic, part);
  }
}

function withHeaders(message: EventMessage, more: EventMessage['headers'] | undefined): EventMessage {
  return more === undefined ? message : { ...message, headers: { ...message.headers, ...more } };
}

/** Splits what is too much for one request; an event is never split. */
function partsOf(messages: readonly EventMessage[]): EventMessage[][] {
  const parts: EventMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const more = bytesOf(message);
    if (bytes + more > bytesPerRequest) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(message);
    bytes += more;
  }
  return parts;
}

const bytesOf = ({ value }: EventMessage) => Buffer.byteLength(value) + frameBytes;
const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0);
