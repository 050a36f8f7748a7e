import type { Command } from 'commander';
import { Type } from 'typebox';
import { ConfigError, loadEnvFile, readConfig } from '../platform/config.ts';
import { openKafka } from '../platform/kafka.ts';
import { readKafkaConfig } from '../platform/kafka-config.ts';
import type { KafkaMessage } from '../platform/kafka-consumer.ts';
import { drainTopic } from '../platform/kafka-drain.ts';
import { deadLetterTopic } from '../platform/kafka-topics.ts';
import { silentLogger } from '../platform/log.ts';
import { groupSettings } from '../services/consumer/config.ts';
import { exitStatus, Failure } from './failure.ts';

interface ReplayOptions {
  readonly dryRun?: boolean;
  readonly all?: boolean;
}

/** `firstlight replay`: dead letters go back to the topic that they came from. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description(
      'send the dead letters of Kafka to the events’ topic again, once what kept them out is mended; ' +
        'settings come from the environment (see .env.example)',
    )
    .option('--dry-run', 'list them with their reasons, send none')
    .option('--all', 'those that an earlier replay has sent, too')
    .action(async (options: ReplayOptions) => {
      const count = await replay(options);
      const done = options.dryRun ? 'dead letters would be sent again' : 'dead letters were sent again';
      console.error(`${count} ${done}`);
    });
}

async function replay({ dryRun = false, all = false }: ReplayOptions): Promise<number> {
  const { kafka: config, group } = readSettings();
  const kafka = openKafka(config, 'firstlight-replay', silentLogger);
  const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
  try {
    if (!dryRun) await producer.connect();
    return await drainTopic(kafka, {
      topic: deadLetterTopic(config).topic,
      groupId: `${group}-replay`,
      fromBeginning: all,
      remember: !dryRun,
      onMessages: async messages => {
        if (dryRun) for (const message of messages) console.log(describe(message));
        else await producer.send({ topic: config.topic, acks: -1, messages: messages.map(asItCame) });
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(`The dead letters could not all be sent again: ${reason}`, exitStatus.unavailable, {
      cause: error,
    });
  } finally {
    await producer.disconnect();
  }
}

function readSettings() {
  try {
    loadEnvFile();
    const { KAFKA_GROUP: group } = readConfig(Type.Object(groupSettings), process.env);
    return { kafka: readKafkaConfig(process.env), group };
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.message, exitStatus.usage);
    throw error;
  }
}

/** Without what was added when it was put aside. */
function asItCame({ key, value, timestamp, headers = {} }: KafkaMessage) {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('dlq_'));
  return { key, value, timestamp, headers: Object.fromEntries(own) };
}

function describe({ offset, headers = {}, value }: KafkaMessage): string {
  const said = (name: string) => String(headers[`dlq_${name}`] ?? '?');
  const origin = `${said('topic')}/${said('partition')}@${said('offset')}`;
  return `${offset}  ${said('reason')}  ${origin}  ${value?.length ?? 0} bytes  ${said('detail')}`;
}
