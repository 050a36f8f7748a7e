import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fastify } from 'fastify';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { measureNames } from '../../../domain/metrics/measures.ts';
import { metricsRoutes } from '../../../services/metrics/app.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import {
  daysAgo,
  hourMs,
  MemorySource,
  noon,
  observation,
  stream,
} from '../../unit/services/metrics/memory-source.ts';

/** What `promtool check metrics` says about an exposition; nothing when all is well. */
async function promtoolSays(exposition: string): Promise<string> {
  const child = spawn('promtool', ['check', 'metrics']);
  const failed = once(child, 'error').then(() => {
    throw new Error("promtool cannot be run: install Debian's package prometheus");
  });
  child.stdin.on('error', () => {});
  child.stdin.end(exposition);
  const said = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const [out, err, [code]] = await Promise.race([said, failed]);
  return out + err + (code === 0 ? '' : `exit status ${code}`);
}

test('promtool has nothing to say about a scrape with every metric in it', async () => {
  const source = new MemorySource();
  const odd = 'a "quoted" \\ name\nof two lines 🚀';
  source.streams = ['checkout', odd].map(service =>
    stream({ service, team: 'payments', exposedTotal: 3, rolledBackTotal: 1, openSince: [0] }),
  );
  source.observations = source.streams.flatMap(of =>
    measureNames.map((measure, i) => observation(of, measure, daysAgo(1) + i, hourMs * (i + 1))),
  );
  const registry = new Registry();
  const now = () => noon;
  const snapshot = new Snapshot({ source, registry, now, onError: () => {} });
  const app = fastify();
  app.register(metricsRoutes, { snapshot, source, registry, readToken: undefined, timezone: 'UTC', now });
  try {
    await snapshot.start();
    snapshot.invalidate(null, noon);
    await snapshot.refreshed();
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const scrape = await (await fetch(`${url}/metrics`)).text();
    expect(scrape).toContain('dora_team_stage_seconds');
    expect(await promtoolSays(scrape)).toBe('');
  } finally {
    await app.close();
    await snapshot.stop();
  }
});
