import { KafkaUnavailable, type Message, MessageTooLarge } from '../../../platform/kafka/producer.ts';
import { Refusal } from '../refusal.ts';
import type { DeadReason, DeadRequest, DeadRequests } from './dead-requests.ts';
import type { Sender } from './kafka-publisher.ts';
import { Unavailable } from './publisher.ts';

/** Keeps dead requests on the topic of dead letters: the body as value, the rest in `dlq_` headers. */
export function kafkaDeadRequests(sender: Sender, topic: string): DeadRequests {
  return {
    keep: async request => {
      try {
        await sender.send(topic, [deadRequestMessage(request)]);
      } catch (cause) {
        if (cause instanceof KafkaUnavailable) throw new Unavailable('Kafka is away', 2, { cause });
        if (cause instanceof MessageTooLarge)
          throw new Refusal(
            'too_large',
            'The body is larger than the log takes, and it could not be mapped.',
          );
        throw cause;
      }
    },
  };
}

/** A request as a message; {@link deadRequestOf} reads it. */
export function deadRequestMessage({ body, receivedAt, query, headers, ...details }: DeadRequest): Message {
  return {
    key: details.tool,
    value: Buffer.from(body),
    headers: {
      dlq_reason: details.reason,
      dlq_detail: details.detail,
      dlq_tool: details.tool,
      dlq_client: details.client,
      dlq_received_at: String(receivedAt),
      dlq_query: JSON.stringify(query),
      dlq_headers: JSON.stringify(headers),
    },
  };
}

/** The request in a dead letter; null if the dead letter is a message of the log. */
export function deadRequestOf(
  value: Uint8Array | null,
  headers: Readonly<Record<string, string>>,
): DeadRequest | null {
  const { dlq_tool: tool, dlq_client: client } = headers;
  if (tool === undefined || client === undefined) return null;
  return {
    tool,
    client,
    body: value ?? Buffer.alloc(0),
    receivedAt: Number(headers['dlq_received_at']),
    query: JSON.parse(headers['dlq_query'] ?? '{}') as Record<string, string>,
    headers: JSON.parse(headers['dlq_headers'] ?? '{}') as Record<string, string>,
    reason: (headers['dlq_reason'] ?? 'unmappable') as DeadReason,
    detail: headers['dlq_detail'] ?? '',
  };
}
