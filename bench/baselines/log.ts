import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import { messageOf } from '../../domain/events/message.ts';
import { batches } from '../traffic/traffic.ts';

/** A topic full of events, as a consumer finds it that was away. */
export class Log {
  readonly #kafka: Kafka;
  readonly #admin: Admin;

  constructor(brokers: string) {
    this.#kafka = new Kafka({ brokers: brokers.split(','), clientId: 'bench', logLevel: logLevel.NOTHING });
    this.#admin = this.#kafka.admin();
  }

  async open(): Promise<void> {
    await this.#admin.connect();
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }

  /** Makes a topic of six partitions with these events, partitioned by service. */
  async fill(topic: string, events: Iterable<IdentifiedEvent>): Promise<void> {
    await this.#admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 6 }] });
    const producer = this.#kafka.producer({ idempotent: true });
    await producer.connect();
    for (const batch of batches(events, 5_000))
      await producer.send({
        topic,
        acks: -1,
        messages: batch.map(event => ({ ...messageOf(event), timestamp: String(Date.now()) })),
      });
    await producer.disconnect();
  }

  /** How many messages of the topic the group has committed. */
  async committed(topic: string, groupId: string): Promise<number> {
    const [found] = await this.#admin.fetchOffsets({ groupId, topics: [topic] });
    return (found?.partitions ?? []).reduce((total, { offset }) => total + Math.max(0, Number(offset)), 0);
  }
}
