import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { buildServer } from '../../../../platform/http/server.ts';
import { silentLogger } from '../../../../platform/telemetry/log.ts';
import { buildCollector } from '../../../../services/collector/app.ts';
import { sources } from '../../../../services/collector/sources/index.ts';
import { metricsRoutes } from '../../../../services/metrics/app.ts';
import { Snapshot } from '../../../../services/metrics/live/snapshot.ts';
import { openApiDocument } from '../../../../services/standalone/openapi.ts';
import type { Store } from '../../../../store/schema/tables.ts';
import { MemorySource } from '../metrics/memory-source.ts';

/** Every path of the product, with the methods that it supports. */
async function routes(): Promise<Set<string>> {
  const found = new Set<string>();
  const app = buildServer({ logger: silentLogger, bodyBytesMax: 1_000 });
  onTestFinished(() => app.close());
  app.addHook('onRoute', ({ method, url }) => {
    const methods = [method].flat();
    // A route for several methods is the one that answers 405.
    if (methods.length > 1) return;
    for (const each of methods) if (each !== 'HEAD') found.add(`${each} ${url}`);
  });
  const webhooks = { secrets: { tokens: [] }, deadRequests: { keep: async () => {} } };
  await app.register(
    buildCollector({ publisher: { publish: async () => {} }, tokens: [], webhooks, health: false }),
  );
  const source = new MemorySource();
  const registry = new Registry();
  const now = Date.now;
  const snapshot = new Snapshot({ source, now, registry, onError: () => {} });
  // The routes are registered and not called, so the database is not used.
  const db = {} as Store;
  await app.register(metricsRoutes, {
    snapshot,
    source,
    registry,
    readToken: undefined,
    timezone: 'UTC',
    now,
    db,
  });
  await app.ready();
  return found;
}

test('the document has every path of the product, and no other', async () => {
  const documented = new Set(
    Object.entries(openApiDocument.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
    ),
  );
  const answered = [...(await routes())].flatMap(route => {
    const path = route.replace('/changes/*', '/changes/{service}/{change}').replace(/:(\w+)/g, '{$1}');
    return path.includes('{tool}') ? [...sources.keys()].map(tool => path.replace('{tool}', tool)) : [path];
  });
  expect([...documented].toSorted()).toEqual(answered.toSorted());
});

test('the served document is up to date; `npm run openapi` makes it', () => {
  const served = readFileSync(new URL('../../../../services/metrics/openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(served)).toEqual(JSON.parse(JSON.stringify(openApiDocument)));
});

test('the document is valid OpenAPI', async () => {
  expect(await new Validator().validate(structuredClone(openApiDocument))).toMatchObject({ valid: true });
});
