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

/** The port that keeps dead letters for `firstlight replay`. */
export interface DeadLetters {
  /** Resolves once they are durable. @throws {KafkaAway} if they cannot be kept now */
  send(batch: Pick<PartitionBatch, 'topic' | 'partition'>, letters: readonly DeadLetter[]): Promise<void>;
}

/** Maximum length of a detail, which travels in a header. */
const detailMax = 1_000;

/** Keeps dead letters on a Kafka topic: with their key, value and headers, and `dlq_` headers with reason and origin. */
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
