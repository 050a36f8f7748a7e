/**
 * Question: how many events per second does the collector accept in batches of 500 (NDJSON), until Kafka has
 * acknowledged? Baseline: a bare kafkajs producer, without HTTP, that sends the same messages in batches of the same
 * size, as many at once. Its messages are made before the clock starts, and it is not idempotent.
 */
import { openKafka } from '../../../platform/kafka/client.ts';
import { ensureTopic, eventTopic } from '../../../platform/kafka/topics.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { startKafka } from '../../../test/support/kafka/server.ts';
import { startService } from '../../../test/support/product/service.ts';
import { startClient, startKafkaClient } from '../../clients/client.ts';
import type { Order } from '../../clients/order.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';

const eventsPerRequest = 500;
const requests = 200;
const connections = 8;

async function ndjson(): Promise<Answer[]> {
  await using stack = new AsyncDisposableStack();
  const kafka = await startKafka();
  stack.defer(() => kafka.stop());
  const collector = stack.use(await startService('collector', { env: { KAFKA_BROKERS: kafka.brokers } }));

  const topic = 'bare';
  const admin = openKafka({ brokers: [kafka.brokers], topic, partitions: 12 }, 'bench', silentLogger).admin();
  await admin.connect();
  await ensureTopic(admin, eventTopic({ topic, partitions: 12 }));
  await admin.disconnect();

  const ours = startClient();
  stack.defer(ours.close);
  const bare = startKafkaClient(kafka.brokers, topic);
  stack.defer(bare.close);
  const order = (round: number): Order => ({
    seed: `batch-${round}`,
    requests,
    eventsPerRequest,
    connections,
  });
  const perSecond = (ms: number) => ((requests * eventsPerRequest) / ms) * 1_000;
  const rounds = await alternate(
    async round => perSecond(await ours.send({ ...order(round), url: collector.url })),
    async round => perSecond(await bare.send(order(round))),
  );
  return [
    answer(
      {
        question: `batches of ${eventsPerRequest} events (NDJSON), ${connections} connections, distributed, until Kafka has acknowledged`,
        unit: 'events/s',
        goal: { ratio: 'at least', of: 0.6 },
      },
      rounds,
    ),
  ];
}

report(await ndjson());
