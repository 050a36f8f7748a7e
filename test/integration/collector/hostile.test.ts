import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildServer } from '../../../platform/http/server.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { buildCollector } from '../../../services/collector/app.ts';
import { runs } from '../../support/run/properties.ts';
import { type RunningCollector, startCollector } from './running-collector.ts';

const exposed = { type: 'change_exposed', service: 'checkout', change: '3f2a91c' };
const megabytes = (count: number) => count * 1_000_000;

describe('invalid input is answered with a clear 4xx, publishes nothing and does not harm the server', () => {
  test.each<[string, unknown, string]>([
    ['an unknown field', { ...exposed, wieght: 5 }, 'wieght'],
    ['a field of another event', { ...exposed, flag: 'x' }, 'flag'],
    ['a number as text', { ...exposed, weight: '50' }, 'weight'],
    ['weight 101', { ...exposed, weight: 101 }, 'weight'],
    ['weight -1', { ...exposed, weight: -1 }, 'weight'],
    ['weight 1e999', '{"type":"change_exposed","service":"a","change":"b","weight":1e999}', 'weight'],
    ['a null', { ...exposed, rollout: null }, 'rollout'],
    ['an empty text', { ...exposed, rollout: '' }, 'rollout'],
    ['an empty array', { ...exposed, changes: [] }, 'changes'],
    ['a time without a zone', { ...exposed, time: '2026-05-04T09:00:00' }, 'time'],
    ['the 30th of February', { ...exposed, time: '2026-02-30T09:00:00Z' }, 'time'],
    ['a time in 1970', { ...exposed, time: '1970-01-01T00:00:00Z' }, 'time'],
    ['a time in the future', { ...exposed, time: '2026-05-04T09:35:00.001Z' }, 'time'],
    ['a NUL', { ...exposed, title: 'a\u0000b' }, 'title'],
    ['half of a surrogate pair', '{"type":"change_exposed","service":"a","change":"\\ud800"}', 'change'],
    [
      'a __proto__ key',
      '{"type":"change_exposed","service":"a","change":"b","__proto__":{"x":1}}',
      '__proto__',
    ],
    ['a constructor key', { ...exposed, constructor: 1 }, 'constructor'],
    ['an unknown type', { ...exposed, type: 'change_deployed' }, 'type'],
    ['no type', { service: 'checkout' }, 'type'],
    ['null', 'null', ''],
    ['a number', '5', ''],
    ['a text', '"event"', ''],
    ['true', 'true', ''],
    ['an array within the array', [[exposed]], ''],
    ['many fields', Object.fromEntries(Array.from({ length: 300_000 }, (_, index) => [`k${index}`, 1])), ''],
    ['a long name of a field', { ...exposed, ['x'.repeat(1_000_000)]: 1 }, `${'x'.repeat(200)}…`],
  ])('%s', async (_, body, field) => {
    const collector = await startCollector();
    const answer = await collector.post(body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body.errors?.map(error => error.field)).toEqual([field]);
    await expectWell(collector);
  });

  test.each<[string, string | Uint8Array, string]>([
    ['invalid JSON', '{"type":', 'not valid JSON'],
    ['an empty body', '', 'empty'],
    ['broken UTF-8', Buffer.from([0x22, 0xc0, 0xa0, 0x22]), 'UTF-8'],
    ['brackets without end', '['.repeat(megabytes(4.9)), 'not valid JSON'],
  ])('%s', async (_, body, detail) => {
    const collector = await startCollector();
    const answer = await collector.post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain(detail);
    await expectWell(collector);
  });

  test('brackets a million deep, alone and within an event', async () => {
    const collector = await startCollector();
    const deep = '['.repeat(megabytes(2)) + ']'.repeat(megabytes(2));
    expect((await collector.post(deep)).status).toBe(400);
    const inside = await collector.post(`{"type":"change_exposed","service":"a","change":${deep}}`);
    expect(inside.body.errors?.map(({ field }) => field)).toEqual(['change']);
    const time = await collector.post(`{"type":"nonsense","time":${deep}}`);
    expect(time.body.errors?.map(({ field }) => field)).toEqual(['type']);
    const objects = await collector.post(`${'{"a":'.repeat(500_000)}1${'}'.repeat(500_000)}`);
    expect(objects.status).toBe(400);
    await expectWell(collector);
  });

  test('a list of two million entries is refused quickly, with a short answer', async () => {
    const collector = await startCollector();
    const answer = await collector.post(
      `{"type":"change_exposed","service":"a","changes":[${'1,'.repeat(megabytes(2))}1]}`,
    );
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toHaveLength(1_000);
    await expectWell(collector);
  });

  test('a batch with too many errors to count is answered with the number that was counted', async () => {
    const collector = await startCollector();
    const changes = Array.from({ length: 1_000 }, () => 1);
    const answer = await collector.post(Array.from({ length: 1_000 }, () => ({ ...exposed, changes })));
    expect(answer.body.errors).toHaveLength(1_000);
    expect(answer.body.detail).toContain('Counting stopped there');
    await expectWell(collector);
  });

  test('an array with one bad item', async () => {
    const collector = await startCollector();
    const answer = await collector.post([exposed, exposed, { ...exposed, weight: 'all' }]);
    expect(answer.body.errors).toEqual([{ item: 2, field: 'weight', detail: 'must be number' }]);
    await expectWell(collector);
  });

  test.each(['application/json', 'application/x-ndjson', 'application/cloudevents-batch+json'])(
    '10,000 items as %s',
    async contentType => {
      const collector = await startCollector();
      const items = Array.from({ length: 10_000 }, () => JSON.stringify(exposed));
      const body = contentType.endsWith('ndjson') ? items.join('\n') : `[${items.join(',')}]`;
      const answer = await collector.post(body, { 'content-type': contentType });
      expect(answer.status).toBe(413);
      expect(answer.body.detail).toContain('10000 events');
      expect(collector.observed).toEqual(['refused too_large 10000']);
      await expectWell(collector);
    },
  );

  test('a body of 10 MB, with and without its length', async () => {
    const collector = await startCollector();
    const parsed = await collector.post(Buffer.alloc(megabytes(10), ' '));
    expect(parsed.status).toBe(413);
    expect(parsed.headers.get('content-type')).toBe('application/problem+json');
    const chunk = Buffer.alloc(100_000, ' ');
    const untold = await fetch(`${collector.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
      body: new ReadableStream({
        start(controller) {
          for (let count = 0; count < 100; count++) controller.enqueue(chunk);
          controller.close();
        },
      }),
    });
    expect(untold.status).toBe(413);
    expect(collector.observed).toEqual(['refused too_large 1', 'refused too_large 1']);
    await expectWell(collector);
  });

  test('a body over the limit is refused by its length, before it is sent', async () => {
    const collector = await startCollector();
    const socket = connect(collector.port, '127.0.0.1');
    socket.write(
      'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n',
    );
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.once('data', chunk => resolve(String(chunk)));
    expect(await promise).toContain('413 Payload Too Large');
    socket.destroy();
    await expectWell(collector);
  });

  test('a sender without a token is refused before its body is sent', async () => {
    const collector = await startCollector({ tokens: [{ name: 'ci', hash: `sha256:${'0'.repeat(64)}` }] });
    const socket = connect(collector.port, '127.0.0.1');
    socket.write(
      'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    );
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.once('data', chunk => resolve(String(chunk)));
    expect(await promise).toContain('401 Unauthorized');
    socket.destroy();
  });
});

describe('any input', () => {
  const app = buildServer({ logger: silentLogger, bodyBytesMax: 100_000 });
  beforeAll(async () => {
    await app.register(buildCollector({ publisher: { publish: async () => {} }, tokens: [] }));
  });
  afterAll(() => app.close());

  const contentTypes = fc.constantFrom(
    'application/json',
    'application/x-ndjson',
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
  );
  const statusOf = async (payload: string | Buffer, headers: Record<string, string>) => {
    await setImmediate();
    return (await app.inject({ method: 'POST', url: '/v1/events', headers, payload })).statusCode;
  };

  test('arbitrary JSON never makes the server fail', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), contentTypes, async (payload, contentType) => {
        expect(await statusOf(payload, { 'content-type': contentType })).toBeLessThan(500);
      }),
      { numRuns: runs(500) },
    );
  });

  test('nearly valid events never make the server fail', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.constant('change_exposed'),
    );
    const field = fc.constantFrom(
      'type',
      'service',
      'change',
      'changes',
      'weight',
      'time',
      'id',
      'data',
      '__proto__',
    );
    const event = fc
      .dictionary(field, value)
      .map(fields => ({ type: 'change_merged', specversion: '1.0', ...fields }));
    await fc.assert(
      fc.asyncProperty(fc.array(event), contentTypes, async (events, contentType) => {
        expect(await statusOf(JSON.stringify(events), { 'content-type': contentType })).toBeLessThan(500);
      }),
      { numRuns: runs(500) },
    );
  });

  test('arbitrary bytes and headers never make the server fail', async () => {
    const header = fc.string({
      unit: fc.integer({ min: 0x20, max: 0xff }).map(code => String.fromCharCode(code)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.oneof(contentTypes, header),
        fc.record(
          { 'ce-id': header, 'ce-source': header, 'ce-type': header, 'ce-specversion': header },
          { requiredKeys: [] },
        ),
        async (bytes, contentType, headers) => {
          const all = { ...headers, 'content-type': contentType };
          expect(await statusOf(Buffer.from(bytes), all)).toBeLessThan(500);
        },
      ),
      { numRuns: runs(500) },
    );
  });
});

/** Checks that nothing was published, and that a valid event still is. */
async function expectWell(collector: RunningCollector): Promise<void> {
  expect(collector.published).toEqual([]);
  expect((await collector.post(exposed)).body).toEqual({ accepted: 1 });
  expect(collector.published).toHaveLength(1);
}
