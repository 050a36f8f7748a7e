import type { Catalogue } from '../../domain/catalogue/model.ts';
import { messageOf } from '../../domain/events/message.ts';
import { openKafka } from '../../platform/kafka/client.ts';
import type { KafkaConfig } from '../../platform/kafka/config.ts';
import type { KafkaMessage } from '../../platform/kafka/consumer.ts';
import { drainTopic } from '../../platform/kafka/drain.ts';
import { textHeaders } from '../../platform/kafka/headers.ts';
import type { Message } from '../../platform/kafka/producer.ts';
import { deadLetterTopic } from '../../platform/kafka/topics.ts';
import { silentLogger } from '../../platform/telemetry/log.ts';
import { deadRequestMessage, deadRequestOf } from '../../services/collector/publish/kafka-dead-requests.ts';
import type { Replayed, ReplayOptions } from './options.ts';
import { describeRequest, eventsOf } from './requests.ts';

/**
 * Sends the dead letters in Kafka again. A message goes to the topic of the events; a request of a tool is mapped
 * again, and its events go there. A request that still cannot be mapped goes back to the end of the dead letters.
 */
export async function replayKafka(
  config: KafkaConfig,
  group: string,
  catalogue: Catalogue,
  { dryRun, all }: ReplayOptions,
): Promise<Replayed> {
  const { topic } = deadLetterTopic(config);
  const kafka = openKafka(config, 'firstlight-replay', silentLogger);
  const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
  let kept = 0;
  try {
    if (!dryRun) await producer.connect();
    const read = await drainTopic(kafka, {
      topic,
      groupId: `${group}-replay`,
      fromBeginning: all,
      commit: !dryRun,
      onMessages: async messages => {
        const letters = messages.map(message => letterOf(message, catalogue));
        kept += letters.filter(letter => letter.kept).length;
        if (dryRun) for (const { line } of letters) console.log(line);
        else {
          const toEvents = letters.flatMap(letter => (letter.kept ? [] : letter.messages));
          const toDeadLetters = letters.flatMap(letter => (letter.kept ? letter.messages : []));
          if (toEvents.length > 0) await producer.send({ topic: config.topic, acks: -1, messages: toEvents });
          if (toDeadLetters.length > 0) await producer.send({ topic, acks: -1, messages: toDeadLetters });
        }
      },
    });
    return { sent: read - kept, kept };
  } finally {
    await producer.disconnect();
  }
}

interface Letter {
  readonly messages: Message[];
  /** Whether the messages go back to the dead letters. */
  readonly kept: boolean;
  /** A description for the user. */
  readonly line: string;
}

function letterOf(message: KafkaMessage, catalogue: Catalogue): Letter {
  const request = deadRequestOf(message.value, textHeaders(message));
  if (request === null) return { messages: [originalMessage(message)], kept: false, line: describe(message) };
  const events = eventsOf(request, catalogue);
  return 'reason' in events
    ? {
        messages: [deadRequestMessage({ ...request, ...events })],
        kept: true,
        line: describeRequest({ ...request, ...events }),
      }
    : {
        messages: events.map(event => ({ ...messageOf(event) })),
        kept: false,
        line: describeRequest(request),
      };
}

/** The message without the headers that the consumer added to the dead letter. */
function originalMessage({ key, value, timestamp, headers = {} }: KafkaMessage): Message {
  const original = Object.entries(headers).filter(([name]) => !name.startsWith('dlq_'));
  return { key, value, timestamp, headers: Object.fromEntries(original) };
}

function describe({ offset, headers = {}, value }: KafkaMessage): string {
  const header = (name: string) => String(headers[`dlq_${name}`] ?? '?');
  const origin = `${header('topic')}/${header('partition')}@${header('offset')}`;
  return `${offset}  ${header('reason')}  ${origin}  ${value?.length ?? 0} bytes  ${header('detail')}`;
}
