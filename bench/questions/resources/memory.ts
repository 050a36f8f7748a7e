/**
 * Question: how much resident memory does each process take at most, under as much load as it can take? There is no
 * baseline: the goals are megabytes (10^6 bytes).
 *
 * The collector receives batches on 16 connections, then single events on 64, as fast as it answers. They are the
 * backlog that a consumer then works off: a million events of 1,000 services in 30 days. The metrics service reads the
 * result and is scraped every second while more events arrive, so that it refreshes all the time; then the weekly page
 * and a report of a year are requested. The standalone run is measured idle: in an empty folder, after a tenth of the
 * events, and restarted with them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { waitUntilRead } from '../../../test/support/kafka/reading.ts';
import { startKafka } from '../../../test/support/kafka/server.ts';
import { startNode, type TestProcess, waitFor } from '../../../test/support/product/process.ts';
import { argumentsOf } from '../../../test/support/product/service.ts';
import { temporaryFolder } from '../../../test/support/product/standalone.ts';
import { type Client, startClient } from '../../clients/client.ts';
import { type Answer, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { resident } from '../../measure/resident.ts';
import { freshDatabase, startPostgres } from '../../measure/servers.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });
const events = Number(values.events);
/** The events are sent in so many orders of equal size. */
const orders = 10;
const eventsPerBatch = 500;

/** A process of the product and its address. */
interface Running {
  readonly url: string;
  readonly process: TestProcess;
}

async function start(name: string, env: Readonly<Record<string, string>>): Promise<Running> {
  const process = startNode(argumentsOf(name), { env: { PORT: '0', ...env } });
  const listens = /"port":(\d+),"msg":"the [^"]+ listens"|The weekly page\s+http:\/\/[^:]+:(\d+)/;
  const [, port, standalonePort] = await process.waitForOutput(listens, 60_000);
  const url = `http://127.0.0.1:${port ?? standalonePort}`;
  await waitFor(async () => (await fetch(`${url}/readyz`)).ok, {
    what: `a ready ${name}`,
    deadlineMs: 120_000,
  });
  return { url, process };
}

const answerOf = (question: string, megabytes: number, atMost: number | null): Answer =>
  answer(
    {
      question: `memory: ${question}`,
      unit: 'MB',
      goal: atMost === null ? null : { value: 'at most', of: atMost },
    },
    { measured: [megabytes], base: [] },
  );

async function sendAll(
  client: Client,
  url: string,
  eventsPerRequest: number,
  count: number,
  connections: number,
) {
  for (let order = 0; order < orders; order++) {
    const requests = Math.ceil(count / orders / eventsPerRequest);
    await client.send({
      url,
      seed: `${eventsPerRequest}-${order}`,
      requests,
      eventsPerRequest,
      connections,
    });
  }
}

async function distributed(client: Client): Promise<Answer[]> {
  await using stack = new AsyncDisposableStack();
  const postgres = await startPostgres();
  stack.defer(() => postgres.stop());
  const kafka = await startKafka();
  stack.defer(() => kafka.stop());
  const database = await freshDatabase(postgres);
  stack.defer(() => database.close());
  const names = { topic: 'dora.events', group: 'firstlight' };
  const env = { KAFKA_BROKERS: kafka.brokers, DATABASE_URL: database.url, KAFKA_GROUP: names.group };
  const run = async (name: string): Promise<Running> => {
    const running = await start(name, env);
    stack.defer(async () => void (await running.process.stop()));
    return running;
  };

  const collector = await run('collector');
  await sendAll(client, collector.url, eventsPerBatch, events * 0.9, 16);
  await sendAll(client, collector.url, 1, events * 0.1, 64);
  const answers = [
    answerOf('collector, single events and batches', resident(collector.process.pid).peak, 200),
  ];

  const consumer = await run('consumer');
  await waitUntilRead(kafka.brokers, { ...names, deadlineMs: 1_800_000 });
  answers.push(
    answerOf('consumer, catching up with 1,000 services', resident(consumer.process.pid).peak, 250),
  );

  const metrics = await run('metrics');
  const live = new AbortController();
  const trickle = (async () => {
    for (let order = 0; !live.signal.aborted; order++)
      await client.send({
        url: collector.url,
        seed: `live-${order}`,
        requests: 200,
        eventsPerRequest: 1,
        connections: 2,
      });
  })();
  await readEverySecond(`${metrics.url}/metrics`, 30);
  answers.push(answerOf('metrics, scraped and refreshed', resident(metrics.process.pid).peak, 250));
  for (const path of ['/', '/?weeks=53', '/api/v1/weekly?weeks=53&format=csv'])
    await readEverySecond(`${metrics.url}${path}`, 5);
  answers.push(answerOf('metrics, the weekly page of a year too', resident(metrics.process.pid).peak, 250));
  live.abort();
  await trickle;
  return answers;
}

async function readEverySecond(url: string, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const response = await fetch(url);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    await sleep(1_000);
  }
}

async function standalone(client: Client): Promise<Answer[]> {
  using folder = temporaryFolder();
  const env = { DATA_DIR: `${folder.path}/data` };
  const idle = async (running: Running, question: string, atMost: number | null): Promise<Answer[]> => {
    await sleep(10_000);
    const { now, peak } = resident(running.process.pid);
    return [answerOf(`${question}, idle`, now, atMost), answerOf(`${question}, peak`, peak, null)];
  };
  const first = await start('standalone', env);
  const answers = await idle(first, 'standalone on PGlite, empty', 650);
  await sendAll(client, first.url, eventsPerBatch, events / 10, 4);
  answers.push(...(await idle(first, 'standalone on PGlite, after a tenth of the events', 650)));
  await first.process.stop();
  const second = await start('standalone', env);
  answers.push(...(await idle(second, 'standalone on PGlite, started again with them', 650)));
  await second.process.stop();
  return answers;
}

const client = startClient();
try {
  report([...(await standalone(client)), ...(await distributed(client))]);
} finally {
  client.close();
}
