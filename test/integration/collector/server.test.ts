import { Writable } from 'node:stream';
import type { FastifyPluginAsync } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { buildServer } from '../../../platform/http/server.ts';
import { createLogger, silentLogger } from '../../../platform/telemetry/log.ts';
import { buildCollector } from '../../../services/collector/app.ts';
import { waitFor } from '../../support/product/process.ts';
import { startCollector } from './running-collector.ts';

const event = { type: 'change_merged', service: 'checkout', change: 'the-payload' };
const request = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(event),
};
const publisher = { publish: async () => {} };

test('another service on the same server keeps its own parsers and error answers', async () => {
  const app = buildServer({ logger: silentLogger, bodyBytesMax: 1_000 });
  onTestFinished(() => app.close());
  await app.register(buildCollector({ publisher, tokens: [] }));
  const other: FastifyPluginAsync = async scope => {
    scope.post('/echo', async ({ body }) => body);
    scope.get('/broken', async () => {
      throw new Error('a secret');
    });
  };
  await app.register(other);
  expect((await app.inject({ method: 'POST', url: '/echo', payload: { a: 1 } })).json()).toEqual({ a: 1 });
  expect((await app.inject({ method: 'POST', url: '/v1/events', payload: event })).statusCode).toBe(202);
  const broken = await app.inject('/broken');
  expect(broken.statusCode).toBe(500);
  expect(broken.headers['content-type']).toBe('application/problem+json');
  expect(broken.body).not.toContain('a secret');
});

test('an unexpected failure is logged once, without the payload and without the token', async () => {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const app = buildServer({ logger: createLogger({ name: 'collector', destination }), bodyBytesMax: 1_000 });
  onTestFinished(() => app.close());
  const failing = { publish: () => Promise.reject(new Error('out of paper')) };
  await app.register(buildCollector({ publisher: failing, tokens: [] }));
  const headers = { authorization: 'Bearer the-token' };
  await app.inject({ method: 'POST', url: '/v1/events', payload: event, headers });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', msg: 'request failed' });
  expect(lines[0]).toContain('out of paper');
  expect(lines[0]).not.toContain('the-payload');
  expect(lines[0]).not.toContain('the-token');
});

test('a request in progress is still answered when the server closes', async () => {
  const asked = Promise.withResolvers<void>();
  const durable = Promise.withResolvers<void>();
  const app = buildServer({ logger: silentLogger, bodyBytesMax: 1_000 });
  const slow = {
    publish: () => {
      asked.resolve();
      return durable.promise;
    },
  };
  await app.register(buildCollector({ publisher: slow, tokens: [] }));
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const answer = fetch(`${url}/v1/events`, request);
  await asked.promise;
  const closed = app.close();
  await waitFor(() => !app.server.listening, { what: 'the end of listening' });
  durable.resolve();
  expect((await answer).status).toBe(202);
  await closed;
});

test('a refused body leaves the connection usable for the next request', async () => {
  const collector = await startCollector({ limits: { bodyBytesMax: 100 } });
  expect((await collector.post({ ...event, title: 'x'.repeat(200) })).status).toBe(413);
  expect((await collector.post(event)).status).toBe(202);
});
