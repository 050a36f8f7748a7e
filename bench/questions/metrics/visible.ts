/**
 * Question: how long after its 202 does an event show on `/metrics`, at 500 events a second over 250 services? There is
 * no baseline: the goals are seconds.
 *
 * The distributed run: a real Kafka, a real PostgreSQL, and a process each of collector, consumer and metrics service. The
 * load is ordinary traffic, one request per event. Some of the events are markers: rollouts of services that have no
 * other events, so that each shows in the counter of its service. `/metrics` is read all the time; an answer counts when
 * its last byte has arrived.
 */
import { Agent, get, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Event } from '../../../domain/events/event.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import { startKafka } from '../../../test/support/kafka/server.ts';
import { startService } from '../../../test/support/product/service.ts';
import { filled } from '../../measure/filled.ts';
import { type Answer, answer, rounds } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { freshDatabase, startPostgres } from '../../measure/servers.ts';
import { traffic } from '../../traffic/traffic.ts';

const eventsPerSecond = 500;
const services = 250;
const markersPerSecond = 10;
const markerServices = 40;
const roundMs = 10_000;
const scrapeEveryMs = 100;
const showWithinMs = 30_000;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Resolves once the event is accepted. */
function send(url: string, event: Event): Promise<void> {
  const body = JSON.stringify(event);
  return new Promise((resolve, reject) => {
    request(
      `${url}/v1/events`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      response => {
        if (response.statusCode === 202) response.resume().on('end', resolve);
        else reject(new Error(`an event was answered with ${response.statusCode}`));
      },
    )
      .on('error', reject)
      .end(body);
  });
}

/** Rollouts that `/metrics` shows, by marker service. */
function shownMarkers(url: string): Promise<ReadonlyMap<string, number>> {
  return new Promise((resolve, reject) => {
    get(`${url}/metrics`, { agent }, response => {
      const parts: Buffer[] = [];
      response.on('data', part => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts);
        // The counters stand near the end of the text.
        const counters = text.subarray(text.indexOf('# TYPE dora_rollouts_total')).toString();
        const found = counters.matchAll(
          /^dora_rollouts_total\{service="(marker-\d+)",.*outcome="exposed"\} (\d+)/gm,
        );
        resolve(new Map([...found].map(([, service = '', count]) => [service, Number(count)])));
      });
    }).on('error', reject);
  });
}

interface Marker {
  readonly service: string;
  /** Counts the markers of its service, from 1. */
  readonly number: number;
  readonly acceptedAt: number;
}

/** Sends markers and measures the milliseconds from acceptance until they show. */
class Markers {
  readonly #collector: string;
  readonly #metrics: string;
  readonly #sent = new Map<string, number>();
  #waiting: Marker[] = [];
  #seen: number[] = [];

  constructor(collector: string, metrics: string) {
    this.#collector = collector;
    this.#metrics = metrics;
  }

  async send(index: number): Promise<void> {
    const service = `marker-${index % markerServices}`;
    const number = (this.#sent.get(service) ?? 0) + 1;
    this.#sent.set(service, number);
    const id = `${service}/${number}`;
    await send(this.#collector, {
      type: 'change_exposed',
      id,
      source: 'bench',
      time: formatTime(Date.now()),
      service,
      change: id,
    });
    this.#waiting.push({ service, number, acceptedAt: performance.now() });
  }

  async readShown(): Promise<void> {
    const shown = await shownMarkers(this.#metrics);
    const now = performance.now();
    const isShown = ({ service, number }: Marker) => (shown.get(service) ?? 0) >= number;
    this.#seen.push(...this.#waiting.filter(isShown).map(({ acceptedAt }) => now - acceptedAt));
    this.#waiting = this.#waiting.filter(marker => !isShown(marker));
    const overdue = this.#waiting.find(({ acceptedAt }) => now - acceptedAt > showWithinMs);
    if (overdue) throw new Error(`an event of ${overdue.service} does not show`);
  }

  /** The times measured since the last call. */
  take(): number[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }
}

/** Calls `work` `perSecond` times a second, as evenly as the machine allows, until `isOver`. @returns the number of calls */
async function evenly(
  perSecond: number,
  isOver: () => boolean,
  work: (number: number) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now();
  const running = new Set<Promise<void>>();
  let failure: unknown;
  let count = 0;
  while (!isOver() && failure === undefined) {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond;
    for (; count < due; count++) {
      const one = work(count).catch((error: unknown) => {
        failure ??= error;
      });
      running.add(one);
      void one.finally(() => running.delete(one));
    }
    await sleep(5);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure;
  return count;
}

/** Mean of all refreshes since the start, as the metrics service reports it. */
async function meanRefreshMs(metrics: string): Promise<number> {
  const text = await (await fetch(`${metrics}/metrics`)).text();
  const readFigure = (name: string) =>
    Number(new RegExp(`^firstlight_snapshot_refresh_seconds_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return (readFigure('sum') / readFigure('count')) * 1_000;
}

const quantile = (values: readonly number[], rank: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(rank * values.length) - 1)] ?? Number.NaN;

async function measured(collector: string, metrics: string): Promise<Answer[]> {
  const now = Date.now();
  const events = traffic({
    events: eventsPerSecond * (rounds + 3) * (roundMs / 1_000),
    services,
    from: now - 7 * dayMs,
    to: now - dayMs / 4,
    seed: 'live',
  });
  const markers = new Markers(collector, metrics);
  let isOver = false;
  const over = () => isOver;
  const load = evenly(eventsPerSecond - markersPerSecond, over, async () => {
    const { value } = events.next();
    if (value) await send(collector, value);
  });
  const marked = evenly(markersPerSecond, over, number => markers.send(number));
  const reading = (async () => {
    while (!isOver) {
      const startedAt = performance.now();
      await markers.readShown();
      await sleep(Math.max(0, scrapeEveryMs - (performance.now() - startedAt)));
    }
  })();
  const going = Promise.all([load, marked, reading]);
  going.catch(() => {
    isOver = true;
  });

  const found: number[][] = [];
  const startedAt = performance.now();
  for (let round = 0; round <= rounds && !isOver; round++) {
    await Promise.race([sleep(roundMs), going]);
    const seen = markers.take();
    // The first round warms up.
    if (round > 0) found.push(seen);
  }
  isOver = true;
  const [sent] = await going;
  const rate = sent / ((performance.now() - startedAt) / 1_000) + markersPerSecond;
  console.log(`${rate.toFixed(0)} events/s, ${found.flat().length} markers`);
  console.log(`the mean refresh took ${(await meanRefreshMs(metrics)).toFixed(0)} ms`);
  const question = (which: string) =>
    `event accepted until visible on /metrics, ${eventsPerSecond} events/s over ${services} services, ${which}`;
  return [
    answer(
      { question: question('p50'), unit: 's', goal: { value: 'at most', of: 1 } },
      { measured: found.map(seen => quantile(seen, 0.5) / 1_000), base: [] },
    ),
    answer(
      { question: question('p99'), unit: 's', goal: { value: 'at most', of: 2 } },
      { measured: found.map(seen => quantile(seen, 0.99) / 1_000), base: [] },
    ),
    answer(
      {
        question: question('rate'),
        unit: 'events/s',
        goal: { value: 'at least', of: eventsPerSecond * 0.98 },
      },
      { measured: [rate], base: [] },
    ),
  ];
}

async function visible(): Promise<Answer[]> {
  const { values } = parseArgs({ options: { events: { type: 'string', default: '100000' } } });
  const now = Date.now();
  const server = await startPostgres();
  const kafka = await startKafka();
  const stops: (() => Promise<unknown>)[] = [() => server.stop(), () => kafka.stop()];
  try {
    // The database holds three months at the start.
    const { url, close } =
      values.events === '0'
        ? await freshDatabase(server)
        : await filled(
            server,
            traffic({ events: Number(values.events), services, from: now - 89 * dayMs, to: now - 8 * dayMs }),
          );
    await close();
    const env = {
      KAFKA_BROKERS: kafka.brokers,
      KAFKA_TOPIC: 'bench.visible',
      KAFKA_TOPIC_PARTITIONS: '6',
      KAFKA_GROUP: 'bench.visible',
      DATABASE_URL: url,
    };
    const start = async (name: 'collector' | 'consumer' | 'metrics') => {
      const service = await startService(name, { env });
      stops.unshift(() => service.stop());
      return service.url;
    };
    const collector = await start('collector');
    await start('consumer');
    return await measured(collector, await start('metrics'));
  } finally {
    agent.destroy();
    for (const stop of stops) await stop();
  }
}

report(await visible());
