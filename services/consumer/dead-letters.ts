import type { KafkaMessage, PartitionBatch } from '../../platform/kafka/consumer.ts';
import type { KafkaProducer, Message } from '../../platform/kafka/producer.ts';
import type { DeadReason } from './observer.ts';

/** A message that cannot be stored, and why. */
export interface DeadLetter {
  readonly message: KafkaMessage;
  readonly reason: DeadReason;
  /** For people: what exactly is wrong. */
  readonly detail: string;
}

/** Where dead letters are kept until somebody replays them. */
export interface DeadLetters {
  /** Resolves when they are durable. @throws {KafkaAway} when they cannot be kept now */
  send(batch: Pick<PartitionBatch, 'topic' | 'partition'>, letters: readonly DeadLetter[]): Promise<void>;
}

/** Long enough for a person, short enough for a header. */
const detailMax = 1_000;

/** Dead letters on a Kafka topic: key, value and headers as they came, with `dlq_` headers that say why and from where. */
export function kafkaDeadLetters(producer: KafkaProducer, topic: string): DeadLetters {
  return {
    send: (batch, letters) =>
      producer.send(
        topic,
        letters.map(letter => messageOf(batch, letter)),
      ),
  };
}

function messageOf(
  { topic, partition }: Pick<PartitionBatch, 'topic' | 'partition'>,
  { message, reason, detail }: DeadLetter,
): Message {
  return {
    key: message.key,
    value: message.value,
    timestamp: message.timestamp,
    headers: {
      ...message.headers,
      dlq_reason: reason,
      dlq_detail: detail.slice(0, detailMax),
      dlq_topic: topic,
      dlq_partition: String(partition),
      dlq_offset: message.offset,
    },
  };
}
