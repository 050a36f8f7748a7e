/**
 * Question: what does a scrape of 1,000 services cost, with all series of the contract? Baseline: `prom-client`, which
 * prints the same series with the same values as gauges.
 *
 * The metrics service renders after a change and a scrape sends the rendered text; `prom-client` renders at each scrape.
 * So the scrape is measured over HTTP, from one process for both, and so is rendering alone: everything for the first
 * time, with the numbers computed from the observations, and again after one service has changed.
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
import { madeUpSource } from '../../traffic/made-up-source.ts';

const services = 1_000;
/** Of each service, in the longest window. */
const rollouts = 100;

/** Gauges with the series of a text in Prometheus' format. */
function gaugesOf(text: string): Registry {
  const registry = new Registry();
  const gauges = new Map<string, Gauge>();
  for (const [, name = '', labels = '', value] of text.matchAll(/^(\w+)\{([^\n]*)\} (\S+)$/gm)) {
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', text = '']) => [label, text]);
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
  const render = createRenderer();
  await render(streams, now);
  const size = `${services} services, ${count} series`;
  try {
    return [
      answer(
        {
          question: `a scrape over HTTP of ${size}, beside prom-client gauges`,
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
          question: `printing ${size}, nothing kept, beside prom-client gauges`,
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
          question: `printing ${size}, one service changed, beside prom-client gauges`,
          unit: 'ms',
          goal: null,
        },
        await alternate(
          round => {
            const changed = streams[round];
            const changedStreams = streams.with(round, {
              ...(changed ?? { columns: new Map() }),
              stream: withOpenIncident(round),
            });
            return timed(() => render(changedStreams, now));
          },
          () => timed(() => gauges.metrics()),
        ),
      ),
    ];
  } finally {
    await server.close();
    await snapshot.stop();
  }

  function withOpenIncident(index: number) {
    const stream = streams[index]?.stream;
    if (!stream) throw new Error('there are too few services');
    return { ...stream, openSince: [...stream.openSince, now] };
  }
}

report(await print());
