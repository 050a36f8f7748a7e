import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shown, storedIds } from '../support/histories/shown.ts';
import { type Product, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const good = { type: 'change_exposed', service: 'checkout', change: '3f2a91c' };
const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
let product: Product;
let accepted = 0;

beforeAll(async () => {
  product = await startProduct({ dataDir });
});
afterAll(async () => {
  await product.stop();
  folder[Symbol.dispose]();
});

const text = (value: unknown) => JSON.stringify(value);
const ahead = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const megabytes = (count: number) => count * 1_000_000;
const ndjson = { 'content-type': 'application/x-ndjson' };

interface Bad {
  readonly what: string;
  readonly body: string | Uint8Array;
  readonly status: number;
  /** The field in the answer, or a word of its detail. */
  readonly names: string;
  readonly headers?: Record<string, string>;
}

const bad: readonly Bad[] = [
  { what: 'an unknown field', body: text({ ...good, wieght: 5 }), status: 400, names: 'wieght' },
  { what: 'a field of another type', body: text({ ...good, flag: 'x' }), status: 400, names: 'flag' },
  { what: 'an unknown type', body: text({ ...good, type: 'deployed' }), status: 400, names: 'type' },
  { what: 'no service', body: text({ ...good, service: undefined }), status: 400, names: 'service' },
  { what: 'a number as text', body: text({ ...good, weight: '50' }), status: 400, names: 'weight' },
  { what: 'a service that is a number', body: text({ ...good, service: 7 }), status: 400, names: 'service' },
  { what: 'a null', body: text({ ...good, rollout: null }), status: 400, names: 'rollout' },
  { what: 'weight 101', body: text({ ...good, weight: 101 }), status: 400, names: 'weight' },
  { what: 'weight -1', body: text({ ...good, weight: -1 }), status: 400, names: 'weight' },
  {
    what: 'a time without a zone',
    body: text({ ...good, time: '2026-05-04T09:30:00' }),
    status: 400,
    names: 'time',
  },
  {
    what: 'a time in 1970',
    body: text({ ...good, time: '1970-01-01T00:00:00Z' }),
    status: 400,
    names: 'time',
  },
  { what: 'a time in the future', body: text({ ...good, time: ahead(10) }), status: 400, names: 'time' },
  { what: 'a NUL', body: text({ ...good, title: 'a\u0000b' }), status: 400, names: 'title' },
  { what: 'half of a surrogate pair', body: text({ ...good, title: '\ud800' }), status: 400, names: 'title' },
  { what: 'no JSON', body: '{"type":', status: 400, names: 'JSON' },
  { what: 'an empty body', body: '', status: 400, names: 'empty' },
  {
    what: 'broken UTF-8',
    body: Buffer.concat([Buffer.from('{"type":"'), Buffer.from([0xc0, 0xa0]), Buffer.from('"}')]),
    status: 400,
    names: 'UTF-8',
  },
  {
    what: 'JSON two million deep',
    body: '['.repeat(megabytes(2)) + ']'.repeat(megabytes(2)),
    status: 400,
    names: 'JSON',
  },
  {
    what: 'deep JSON within an event',
    body: `{"type":"change_exposed","service":"a","change":${'['.repeat(megabytes(1))}${']'.repeat(megabytes(1))}}`,
    status: 400,
    names: 'change',
  },
  {
    what: 'a body of 10 MB',
    body: text({ ...good, title: 'x'.repeat(megabytes(10)) }),
    status: 413,
    names: '',
  },
  {
    what: '10,000 events',
    body: text(Array.from({ length: 10_000 }, (_, index) => ({ ...good, id: `e${index}`, source: 'test' }))),
    status: 413,
    names: '5000',
  },
  {
    what: '10,000 lines',
    body: `${text(good)}\n`.repeat(10_000),
    status: 413,
    names: '5000',
    headers: ndjson,
  },
  {
    what: 'an array with one bad event',
    body: text([...Array.from({ length: 99 }, () => good), { ...good, weight: 101 }]),
    status: 400,
    names: '"item":99,"field":"weight"',
  },
  { what: 'one bad line', body: `${text(good)}\n{]\n`, status: 400, names: '"item":1', headers: ndjson },
  { what: 'XML', body: '<a/>', status: 415, names: 'xml', headers: { 'content-type': 'application/xml' } },
];

test.each(bad)('$what is refused with $status, and the product stays healthy', async of => {
  const answer = await product.post(of.body, of.headers);
  expect(answer.status).toBe(of.status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.text).toContain(of.names);
  expect(JSON.parse(answer.text)).toMatchObject({ status: of.status, detail: expect.stringMatching(/\S/) });
  const next = { ...good, id: `good-${accepted}`, source: 'test', rollout: `r${accepted}` };
  expect((await product.post(next)).status).toBe(202);
  accepted++;
  expect((await product.get('/livez')).status).toBe(200);
  expect((await product.get('/metrics')).status).toBe(200);
});

test('an unknown path and an unsupported method are refused', async () => {
  expect((await product.get('/v1/event')).status).toBe(404);
  expect((await product.get('/v1/events')).status).toBe(405);
});

test('no refused event is counted or stored', async () => {
  const exposed = 'dora_fleet_rollouts_total{environment="production",outcome="exposed"}';
  await expect.poll(() => shown(product, exposed), { timeout: 10_000 }).toBe(accepted);
  expect((await product.get('/metrics')).text).toMatch(
    /^firstlight_events_refused_total{.*reason="invalid".*} \d+$/m,
  );
  await product.stop();
  expect((await storedIds({ dataDir })).toSorted()).toEqual(
    Array.from({ length: accepted }, (_, index) => `good-${index}`).toSorted(),
  );
});
