/**
 * Question: what does a scrape of 1,000 services cost, all series of the contract? Baseline: `prom-client`, printing the
 * same series with the same values as gauges.
 *
 * The metrics service prints when something has changed, and a scrape sends what was printed; `prom-client` prints when it is
 * scraped. So the whole scrape is measured over HTTP, both from one process, and beside it the printing alone: everything
 * for the first time, numbers computed from the observations included, and again after one service has changed.
 */
import { get } from 'node:http';
import { Gauge, Registry } from 'prom-client';
import { buildServer } from '../../../platform/http/server.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { metricsRoutes } from '../../../services/metrics/app.ts';
import { gather } from '../../../services/metrics/live/gather.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { createRenderer } from '../../../services/metrics/prometheus/renderer.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { madeUpSource } from './weekly-page.ts';

const services = 1_000;
/** Of a service, in the longest window. */
const rollouts = 100;

/** Gauges that print the series of a text in Prometheus' format. */
function gaugesOf(text: string): Registry {
  const registry = new Registry();
  const gauges = new Map<string, Gauge>();
  for (const [, name = '', labels = '', value] of text.matchAll(/^(\w+)\{([^\n]*)\} (\S+)$/gm)) {
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', said = '']) => [label, said]);
    const labelNames = pairs.map(([label = '']) => label);
    const gauge = gauges.get(name) ?? new Gauge({ name, help: name, labelNames, registers: [registry] });
    gauges.set(name, gauge);
    gauge.set(Object.fromEntries(pairs), Number(value));
  }
  return registry;
}

const seriesIn = (text: string): number => text.match(/^\w+\{/gm)?.length ?? 0;

/** Milliseconds until the last byte. */
function scrape(url: string): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    get(url, response => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
      response.resume().on('end', () => resolve(performance.now() - startedAt));
    }).on('error', reject);
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function print(): Promise<Answer[]> {
  const now = Date.now();
  const source = madeUpSource({ services, rollouts, days: 90, now });
  const registry = new Registry();
  const snapshot = new Snapshot({ source, now: () => now, registry, onError: console.error, readEveryMs: 1 });
  await snapshot.start();
  const gauges = gaugesOf(String(snapshot.text));
  const count = seriesIn(String(snapshot.text));
  if (seriesIn(await gauges.metrics()) !== count) throw new Error('prom-client prints other series');
  console.log(`${count} series, ${(snapshot.text.length / 1e6).toFixed(1)} MB`);

  const server = buildServer({ logger: silentLogger, bodyBytesMax: 1_000 });
  const options = { snapshot, source, registry, readToken: undefined, timezone: 'UTC', now: () => now };
  await server.register(metricsRoutes, options);
  server.get('/gauges', async (_request, reply) => reply.type('text/plain').send(await gauges.metrics()));
  const url = await server.listen({ host: '127.0.0.1', port: 0 });

  const streams = await gather(
    await source.readStreams(null),
    source.readObservations({ services: null, from: 0, to: now }),
  );
  const kept = createRenderer();
  await kept(streams, now);
  const about = `${services} services, ${count} series`;
  try {
    return [
      answer(
        {
          question: `a scrape over HTTP of ${about}, beside prom-client gauges`,
          unit: 'ms',
          goal: { ratio: 'at most', of: 1 },
        },
        await alternate(
          () => scrape(`${url}/metrics`),
          () => scrape(`${url}/gauges`),
        ),
      ),
      answer(
        {
          question: `printing ${about}, nothing kept, beside prom-client gauges`,
          unit: 'ms',
          goal: { ratio: 'at most', of: 1 },
        },
        await alternate(
          () => timed(() => createRenderer()(streams, now)),
          () => timed(() => gauges.metrics()),
        ),
      ),
      answer(
        {
          question: `printing ${about}, one service changed, beside prom-client gauges`,
          unit: 'ms',
          goal: null,
        },
        await alternate(
          round => {
            const changed = streams[round];
            const touched = streams.with(round, {
              ...(changed ?? { columns: new Map() }),
              stream: touch(round),
            });
            return timed(() => kept(touched, now));
          },
          () => timed(() => gauges.metrics()),
        ),
      ),
    ];
  } finally {
    await server.close();
    await snapshot.stop();
  }

  function touch(index: number) {
    const stream = streams[index]?.stream;
    if (!stream) throw new Error('there are too few services');
    return { ...stream, openSince: [...stream.openSince, now] };
  }
}

report(await print());
