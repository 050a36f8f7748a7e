import { expect, test } from 'vitest';
import { openKafka } from '../../../platform/kafka/client.ts';
import { KafkaConsumer } from '../../../platform/kafka/consumer.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { startProxiedKafka } from '../../support/kafka/proxied.ts';
import { createTopic } from '../../support/kafka/topic.ts';

test('a consumer is not ready while Kafka hangs, and ready again when it answers', async () => {
  const kafka = await startProxiedKafka();
  const { topic } = await createTopic(kafka.brokers, { partitions: 2 });
  const config = { brokers: [kafka.proxiedBrokers], topic, partitions: 2 };
  const consumer = new KafkaConsumer({
    kafka: openKafka(config, 'test', silentLogger),
    groupId: topic,
    topic,
    prepare: async () => {},
    onBatch: async () => {},
    onLag: () => {},
    logger: silentLogger,
  });
  try {
    consumer.start();
    await expect.poll(() => consumer.ready, { timeout: 30_000 }).toBe(true);
    kafka.proxy.stall();
    await expect.poll(() => consumer.ready, { timeout: 60_000 }).toBe(false);
    await kafka.proxy.resume();
    await expect.poll(() => consumer.ready, { timeout: 60_000 }).toBe(true);
  } finally {
    await consumer.stop();
    await kafka.stop();
  }
});
