import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openKafka } from '../../../platform/kafka/client.ts';
import { KafkaProducer, KafkaUnavailable } from '../../../platform/kafka/producer.ts';
import { ensureTopic } from '../../../platform/kafka/topics.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { startProxiedKafka } from '../../support/kafka/proxied.ts';
import { readTopic } from '../../support/kafka/reading.ts';
import { waitFor } from '../../support/product/process.ts';

const topic = 'letters';
const cuts = 60;

test('Kafka holds every acknowledged message, even if the connection breaks during concurrent sends', async () => {
  const server = await startProxiedKafka();
  onTestFinished(() => server.stop());
  const config = { brokers: [server.proxiedBrokers], topic, partitions: 1 };
  const producer = new KafkaProducer({
    kafka: openKafka(config, 'firstlight-tests', silentLogger),
    topic,
    prepare: async admin => {
      await ensureTopic(admin, { topic, partitions: 1, settings: {} });
    },
    logger: silentLogger,
  });
  producer.start();
  const acknowledged: string[] = [];
  let count = 0;
  let isDone = false;
  const sendOn = async () => {
    while (!isDone) {
      const value = `message ${count++}`;
      try {
        await producer.send(topic, [{ key: null, value }]);
        acknowledged.push(value);
      } catch (error) {
        if (!(error instanceof KafkaUnavailable)) throw error;
        await sleep(20);
      }
    }
  };
  const senders = Promise.all(Array.from({ length: 6 }, sendOn));
  for (let cut = 0; cut < cuts; cut++) {
    const wanted = acknowledged.length + 30;
    await waitFor(() => acknowledged.length >= wanted);
    server.proxy.cut();
  }
  isDone = true;
  await senders;
  await producer.stop();

  const stored = new Set((await readTopic(server.brokers, topic)).map(({ value }) => String(value)));
  expect(acknowledged.filter(value => !stored.has(value))).toEqual([]);
});
