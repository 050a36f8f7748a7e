/** The collector as a process of its own: HTTP in, Kafka out. */
import { Registry } from 'prom-client';
import { listenOn } from '../../platform/http/address.ts';
import { processRoutes } from '../../platform/http/process-metrics.ts';
import { buildServer } from '../../platform/http/server.ts';
import { openKafka } from '../../platform/kafka/client.ts';
import { KafkaProducer } from '../../platform/kafka/producer.ts';
import { deadLetterTopic, ensureTopic, eventTopic } from '../../platform/kafka/topics.ts';
import { configOrExit, loadEnvFile } from '../../platform/process/config.ts';
import { Lifecycle } from '../../platform/process/lifecycle.ts';
import { createLogger } from '../../platform/telemetry/log.ts';
import { startTelemetry } from '../../platform/telemetry/telemetry.ts';
import { traceRequests } from '../../platform/telemetry/trace-requests.ts';
import { followCatalogue } from '../catalogue/follow.ts';
import { buildCollector } from './app.ts';
import { readCollectorProcessConfig } from './config.ts';
import { ingestMetrics } from './observer.ts';
import { kafkaDeadRequests } from './publish/kafka-dead-requests.ts';
import { KafkaPublisher } from './publish/kafka-publisher.ts';

loadEnvFile();
const config = configOrExit(() => readCollectorProcessConfig(process.env));
const { kafka, limits, tokens, secrets, readToken } = config;
const logger = createLogger({ name: 'firstlight collector', level: config.logLevel });
const lifecycle = new Lifecycle(logger);

await lifecycle.run(async () => {
  const telemetry = await startTelemetry(process.env, 'firstlight-collector', logger);
  lifecycle.add('telemetry', () => telemetry.stop());
  const { tracing } = telemetry;
  const registry = new Registry();
  const dead = deadLetterTopic(kafka);
  const producer = new KafkaProducer({
    kafka: openKafka(kafka, 'firstlight-collector', logger),
    topic: kafka.topic,
    prepare: async admin => {
      await ensureTopic(admin, eventTopic(kafka));
      await ensureTopic(admin, dead);
    },
    logger,
  });
  producer.start();
  lifecycle.add('Kafka', () => producer.stop());
  const catalogue = followCatalogue(config.catalogue, { logger });
  lifecycle.add('catalogue', () => catalogue.stop());
  const publisher = new KafkaPublisher(producer, kafka.topic, tracing);
  lifecycle.add('publisher', () => publisher.drained());

  const server = buildServer({ logger, bodyBytesMax: limits.bodyBytesMax });
  await server.register(traceRequests, { tracing });
  await server.register(
    buildCollector({
      publisher,
      tokens,
      limits,
      catalogue: catalogue.current,
      webhooks: { secrets, deadRequests: kafkaDeadRequests(producer, dead.topic) },
      observer: ingestMetrics(registry),
      health: false,
    }),
  );
  await server.register(processRoutes, { registry, readToken, ready: () => producer.ready });
  const port = await listenOn(server, config);
  lifecycle.add('server', () => server.close());
  logger.info({ host: config.host, port }, 'the collector listens');
});
