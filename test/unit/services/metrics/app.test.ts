import { type FastifyInstance, fastify } from 'fastify';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { type MetricsOptions, metricsRoutes } from '../../../../services/metrics/app.ts';
import { Snapshot } from '../../../../services/metrics/live/snapshot.ts';
import { daysAgo, MemorySource, noon, observation, stream } from './memory-source.ts';

let close: () => Promise<unknown> = async () => {};
afterEach(() => close());

interface Served {
  readonly app: FastifyInstance;
  readonly snapshot: Snapshot;
}

async function serve(source: MemorySource, options: Partial<MetricsOptions> = {}): Promise<Served> {
  const registry = new Registry();
  const now = () => noon;
  const snapshot = new Snapshot({ source, registry, now, onError: () => {} });
  const app = fastify();
  const readToken = undefined;
  app.register(metricsRoutes, { snapshot, source, registry, readToken, timezone: 'UTC', now, ...options });
  close = async () => {
    await app.close();
    await snapshot.stop();
  };
  await app.ready();
  return { app, snapshot };
}

function oneService() {
  const source = new MemorySource();
  const of = stream({ exposedTotal: 2 });
  source.streams = [of];
  source.observations = [observation(of, 'exposed', daysAgo(8)), observation(of, 'exposed', daysAgo(300))];
  return source;
}

const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

describe('the metrics service', () => {
  test('serves the text format of Prometheus', async () => {
    const { app, snapshot } = await serve(oneService());
    await snapshot.start();
    const answer = await app.inject('/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toContain('dora_exposed_changes{');
    expect(answer.body).toContain('firstlight_snapshot_age_seconds 0');
    expect(answer.body.endsWith('\n')).toBe(true);
  });

  test('a scrape never asks the database', async () => {
    const source = oneService();
    const { app, snapshot } = await serve(source);
    await snapshot.start();
    const before = source.reads.length;
    await Promise.all(Array.from({ length: 50 }, () => app.inject('/metrics')));
    expect(source.reads).toHaveLength(before);
  });

  test('is ready once there is something to show, and alive while it runs', async () => {
    const { app, snapshot } = await serve(oneService());
    expect((await app.inject('/readyz')).statusCode).toBe(503);
    await snapshot.start();
    expect((await app.inject('/readyz')).statusCode).toBe(200);
    expect((await app.inject('/livez')).statusCode).toBe(200);
  });

  test('leaves the health paths to another service where its options say so', async () => {
    const { app } = await serve(oneService(), { health: false });
    expect((await app.inject('/livez')).statusCode).toBe(404);
  });

  test('serves the page with headers that let it load and run nothing', async () => {
    const { app, snapshot } = await serve(oneService());
    await snapshot.start();
    const answer = await app.inject('/');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.body).toContain('checkout');
  });

  test('shows how to send events when there are none, with the address that was asked', async () => {
    const { app, snapshot } = await serve(new MemorySource(), { tokenNeeded: true });
    await snapshot.start();
    const asked = await app.inject({ url: '/', headers: { host: 'dora.example:8443' } });
    expect(asked.body).toContain('http://dora.example:8443/v1/events');
    expect(asked.body).toContain('FIRSTLIGHT_TOKEN');
    const strange = await app.inject({ url: '/', headers: { host: '$(reboot)' } });
    expect(strange.body).not.toContain('reboot');
  });

  test('serves the same report as JSON', async () => {
    const { app, snapshot } = await serve(oneService());
    await snapshot.start();
    const answer = await app.inject('/api/v1/weekly?weeks=2');
    expect(answer.json()).toMatchObject({
      environment: 'production',
      timezone: 'UTC',
      weeks: [
        { week: '2026-W46', numbers: { exposed_changes: 1 } },
        { week: '2026-W47', partial: true },
      ],
      services: [{ service: 'checkout', lastWeek: { exposed_changes: 1 } }],
    });
  });

  test('gives the report in four forms, of which none loads or runs anything', async () => {
    const { app, snapshot } = await serve(oneService(), { publicUrl: 'https://dora.example/' });
    await snapshot.start();
    const forms: string[] = [];
    for (const format of ['json', 'csv', 'md', 'html']) {
      const answer = await app.inject(`/api/v1/weekly?format=${format}`);
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toContain('checkout');
      forms.push(String(answer.headers['content-type']).split(';')[0] ?? '');
      if (format === 'html') {
        expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
        expect(answer.body).toContain('href="https://dora.example/?environment=production');
      }
    }
    expect(forms).toEqual(['application/json', 'text/csv', 'text/markdown', 'text/html']);
  });

  test('reads what is older than the longest window from the store', async () => {
    const { app, snapshot } = await serve(oneService());
    await snapshot.start();
    const overall = async (weeks: number) =>
      (await app.inject(`/api/v1/weekly?weeks=${weeks}&service=checkout`)).json().overall.exposed_changes;
    expect(await overall(12)).toBe(1);
    expect(await overall(53)).toBe(2);
  });

  test('says what is wrong with a query', async () => {
    const { app } = await serve(oneService());
    const answer = await app.inject('/api/v1/weekly?weeks=54&format=pdf&enviroment=staging&team=a&team=b');
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(
      answer
        .json()
        .errors.map(({ field }: { field: string }) => field)
        .sort(),
    ).toEqual(['enviroment', 'format', 'team', 'weeks']);
    expect((await app.inject('/?weeks=many')).statusCode).toBe(400);
  });

  test('asks to try again when a report needs a database that is away', async () => {
    const source = oneService();
    const { app } = await serve(source);
    const away = Promise.reject(new Error('connection refused'));
    away.catch(() => {});
    source.gate = away;
    for (const path of ['/', '/api/v1/weekly']) {
      const answer = await app.inject(path);
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.body).not.toContain('refused');
    }
  });
});

describe('READ_TOKEN', () => {
  const paths = ['/', '/api/v1/weekly', '/metrics'];

  test('is asked for on the page, the API and the metrics, not on the health paths', async () => {
    const { app, snapshot } = await serve(oneService(), { readToken: 's3cret' });
    await snapshot.start();
    for (const path of paths) {
      const answer = await app.inject(path);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="Firstlight"/);
      expect(answer.body).not.toContain('checkout');
    }
    expect((await app.inject('/livez')).statusCode).toBe(200);
    expect((await app.inject('/readyz')).statusCode).toBe(200);
  });

  test.each([
    ['a bearer token', { authorization: 'Bearer s3cret' }],
    ['a bearer token, the scheme in lower case', { authorization: 'bearer s3cret' }],
    ['the password of any user', basic('someone:s3cret')],
    ['the password of no user', basic(':s3cret')],
  ])('is accepted as %s', async (_, headers) => {
    const { app, snapshot } = await serve(oneService(), { readToken: 's3cret' });
    await snapshot.start();
    for (const url of paths) expect((await app.inject({ url, headers })).statusCode).toBe(200);
  });

  test.each([
    ['another token', { authorization: 'Bearer s3cres' }],
    ['a longer token', { authorization: 'Bearer s3crets' }],
    ['the token as user', basic('s3cret:')],
    ['the token without a colon', basic('s3cret')],
    ['another scheme', { authorization: 'Digest s3cret' }],
    ['an empty header', { authorization: '' }],
  ])('is not %s', async (_, headers) => {
    const { app } = await serve(oneService(), { readToken: 's3cret' });
    for (const url of paths) expect((await app.inject({ url, headers })).statusCode).toBe(401);
  });

  test('may hold a colon', async () => {
    const { app, snapshot } = await serve(oneService(), { readToken: 'a:b' });
    await snapshot.start();
    expect((await app.inject({ url: '/metrics', headers: basic('me:a:b') })).statusCode).toBe(200);
  });
});
