/**
 * Question: how long does the first byte of the weekly page take right after a change, with a year of 500 services?
 * Baseline: a bare handler that sends the same bytes from the same server.
 *
 * The observations come from memory: the snapshot reads them before a page is requested.
 */
import { Registry } from 'prom-client';
import { buildServer } from '../../../platform/http/server.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { metricsRoutes } from '../../../services/metrics/app.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { invalidateWholly } from '../../../services/metrics/live/source.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { madeUpSource } from '../../traffic/made-up-source.ts';

const services = 500;
/** Rollouts of a service in a year. */
const rollouts = 250;
const goalMs = 200;

async function weeklyPage(): Promise<Answer[]> {
  const now = Date.now;
  const source = madeUpSource({ services, rollouts, days: 365, now: now() });
  const registry = new Registry();
  const snapshot = new Snapshot({ source, now, registry, onError: console.error, readEveryMs: 1 });
  await snapshot.start();
  const server = buildServer({ logger: silentLogger, bodyBytesMax: 1_000 });
  await server.register(metricsRoutes, {
    snapshot,
    source,
    registry,
    readToken: undefined,
    timezone: 'UTC',
    now,
  });
  let bare = Buffer.alloc(0);
  server.get('/bare', (_request, reply) => reply.type('text/html; charset=utf-8').send(bare));
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const firstByte = async (path: string) => {
    const startedAt = performance.now();
    const response = await fetch(url + path);
    const reader = response.body?.getReader();
    await reader?.read();
    const ms = performance.now() - startedAt;
    await reader?.cancel();
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return ms;
  };
  const answers: Answer[] = [];
  try {
    for (const path of ['/', '/?weeks=26', '/?weeks=53', '/api/v1/weekly?weeks=12&format=html']) {
      bare = Buffer.from(await (await fetch(url + path)).arrayBuffer());
      const rounds = await alternate(
        async () => {
          snapshot.invalidate(invalidateWholly(['service-7']), null);
          await snapshot.refreshed();
          return firstByte(path);
        },
        () => firstByte('/bare'),
      );
      answers.push(
        answer(
          {
            question: `first byte of ${path} after a change, a year of ${services} services`,
            unit: 'ms',
            goal: { value: 'at most', of: goalMs },
          },
          rounds,
        ),
      );
    }
  } finally {
    await server.close();
    await snapshot.stop();
  }
  return answers;
}

report(await weeklyPage());
