/** The consumer as a process of its own: Kafka in, PostgreSQL out. Any number of processes share the work. */
import { Registry } from 'prom-client';
import { openPostgres } from '../../platform/database/postgres.ts';
import { listenOn } from '../../platform/http/address.ts';
import { processRoutes } from '../../platform/http/process-metrics.ts';
import { buildServer } from '../../platform/http/server.ts';
import { openKafka } from '../../platform/kafka/client.ts';
import { KafkaConsumer } from '../../platform/kafka/consumer.ts';
import { KafkaProducer } from '../../platform/kafka/producer.ts';
import { deadLetterTopic, ensureTopic, eventTopic } from '../../platform/kafka/topics.ts';
import { configOrExit, loadEnvFile } from '../../platform/process/config.ts';
import { Lifecycle } from '../../platform/process/lifecycle.ts';
import { createLogger } from '../../platform/telemetry/log.ts';
import { startTelemetry } from '../../platform/telemetry/telemetry.ts';
import type { Database } from '../../store/schema/tables.ts';
import { readConsumerConfig } from './config.ts';
import { Consumption } from './consume.ts';
import { kafkaDeadLetters } from './dead-letters.ts';
import { PostgresEventStore } from './event-store.ts';
import { processMetrics } from './observer.ts';

loadEnvFile();
const config = configOrExit(() => readConsumerConfig(process.env));
const logger = createLogger({ name: 'firstlight consumer', level: config.logLevel });
const lifecycle = new Lifecycle(logger, { deadlineMs: 25_000 });

await lifecycle.run(async () => {
  const telemetry = await startTelemetry(process.env, 'firstlight-consumer', logger);
  lifecycle.add('telemetry', () => telemetry.stop());
  const { tracing } = telemetry;

  const registry = new Registry();
  const observer = processMetrics(registry);
  const db = openPostgres<Database>(config.databaseUrl, {
    connectionsMax: 4,
    applicationName: 'firstlight consumer',
    statementTimeoutMs: 120_000,
    logger,
  });
  lifecycle.add('database', () => db.destroy());

  const kafka = openKafka(config.kafka, 'firstlight-consumer', logger);
  const dead = deadLetterTopic(config.kafka);
  const producer = new KafkaProducer({
    kafka,
    topic: dead.topic,
    prepare: async admin => {
      await ensureTopic(admin, dead);
    },
    logger,
  });
  producer.start();
  lifecycle.add('dead letters', () => producer.stop());

  const consumption = new Consumption({
    store: new PostgresEventStore(db, config.attributionWindowMinutes, observer, tracing),
    deadLetters: kafkaDeadLetters(producer, dead.topic),
    observer,
    logger,
    tracing,
    group: config.group,
  });
  const consumer = new KafkaConsumer({
    kafka,
    groupId: config.group,
    topic: config.kafka.topic,
    prepare: async admin => {
      await ensureTopic(admin, eventTopic(config.kafka));
    },
    onBatch: batch => consumption.take(batch),
    onLag: lags => observer.lag(lags),
    logger,
  });

  const server = buildServer({ logger, bodyBytesMax: 1_000 });
  await server.register(processRoutes, {
    registry,
    readToken: config.readToken,
    alive: () => consumer.alive,
    ready: () => consumer.ready && consumption.ready,
  });
  const port = await listenOn(server, config);
  lifecycle.add('server', () => server.close());
  logger.info({ host: config.host, port }, 'the consumer listens');

  consumer.start();
  lifecycle.add('consumer', () => consumer.stop());
});
