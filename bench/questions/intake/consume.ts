/**
 * Questions: how many events per second does a consumer take from Kafka through the whole transaction to committed
 * offsets? How many do two consumers take, and how many when every event comes a second time? The traffic is mixed, of
 * 1,000 services. Baseline: one process that writes the same rows into the table of events alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import { startKafka } from '../../../test/support/kafka/server.ts';
import { type Service, startService } from '../../../test/support/product/service.ts';
import { Log } from '../../baselines/log.ts';
import { RawEvents } from '../../baselines/plain.ts';
import { answer, type Rounds, rounds } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { freshDatabase, startPostgres } from '../../measure/servers.ts';
import { batches, identified, traffic } from '../../traffic/traffic.ts';

const eventCount = 150_000;
const services = 1_000;
/** Events per transaction, as many as the consumer takes. */
const batchEvents = 8_000;

const now = Date.UTC(2026, 10, 1);
const events = () =>
  identified(traffic({ events: eventCount, services, from: now - 60 * dayMs, to: now - dayMs }));

const postgres = await startPostgres();
const kafka = await startKafka();
const log = new Log(kafka.brokers);

/** Events per second between the first commit of an offset and the last. */
async function rateOf(topic: string, group: string, databaseUrl: string, consumers: number): Promise<number> {
  const started = await Promise.all(
    Array.from({ length: consumers }, () =>
      startService('consumer', {
        ready: false,
        env: {
          KAFKA_BROKERS: kafka.brokers,
          KAFKA_TOPIC: topic,
          KAFKA_TOPIC_PARTITIONS: '6',
          KAFKA_GROUP: group,
          DATABASE_URL: databaseUrl,
        },
      }),
    ),
  );
  try {
    return await watch(topic, group, started);
  } finally {
    await Promise.all(started.map(service => service.stop()));
  }
}

async function watch(topic: string, group: string, running: readonly Service[]): Promise<number> {
  // The first commits do not count: the process is still warming up, and not every consumer has joined.
  let first: { at: number; count: number } | null = null;
  for (;;) {
    const count = await log.committed(topic, group);
    const at = performance.now();
    if (count >= total) {
      if (first === null) throw new Error('everything was committed at once: take more events');
      return ((count - first.count) / (at - first.at)) * 1000;
    }
    if (first === null && count >= total * 0.2) first = { at, count };
    for (const service of running)
      if (service.output().includes('"level":50')) throw new Error(service.output());
    // More requests would take time from Kafka that the consumer needs.
    await sleep(100);
  }
}

let total = 0;
for (const _ of events()) total++;
const one: number[] = [];
const two: number[] = [];
const again: number[] = [];
const plain: number[] = [];
try {
  await log.open();
  await log.fill('events', events());
  for (let round = 0; round <= rounds; round++) {
    const database = await freshDatabase(postgres);
    const table = new RawEvents(database.db, 'plain');
    await table.clear();
    const base = await table.rate(batches(events(), batchEvents));
    await database.close();
    const single = await freshDatabase(postgres);
    const ratio = await rateOf('events', `one-${round}`, single.url, 1);
    const repeated = await rateOf('events', `again-${round}`, single.url, 1);
    await single.close();
    const double = await freshDatabase(postgres);
    const shared = await rateOf('events', `two-${round}`, double.url, 2);
    await double.close();
    console.log(round, { base, ratio, shared, repeated });
    if (round === 0) continue;
    plain.push(base);
    one.push(ratio);
    two.push(shared);
    again.push(repeated);
  }
} finally {
  await log.close();
  await kafka.stop();
  await postgres.stop();
}

const rate = (measured: number[], base: number[]): Rounds => ({ measured, base });
report([
  answer(
    {
      question: 'consumer, mixed traffic of 1,000 services, against a plain insert of the events',
      unit: 'events/s',
      goal: { ratio: 'at least', of: 0.4 },
    },
    rate(one, plain),
  ),
  answer(
    {
      question: 'two consumers against one',
      unit: 'events/s',
      goal: { ratio: 'at least', of: 1.3 },
    },
    rate(two, one),
  ),
  answer(
    {
      question: 'consumer, every event for the second time, against the first time',
      unit: 'events/s',
      goal: { ratio: 'at least', of: 1 },
    },
    rate(again, one),
  ),
]);
