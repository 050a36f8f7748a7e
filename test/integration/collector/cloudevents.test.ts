import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../domain/events/identity.ts';
import { startCollector } from './running-collector.ts';

const data = { service: 'checkout', change: '3f2a91c', weight: 5, strategy: 'canary' };
const envelope = {
  id: '01JD0ZK4Q8ZJ0V7B6X8M3T5R2N',
  source: 'https://ci.example.com/acme/shop',
  type: 'change_exposed',
  time: '2026-05-04T09:20:31.250Z',
};
const native = { ...data, ...envelope };
const structured = { specversion: '1.0', ...envelope, datacontenttype: 'application/json', data };
const one = { 'content-type': 'application/cloudevents+json' };
const many = { 'content-type': 'application/cloudevents-batch+json' };
const binary = {
  'ce-specversion': '1.0',
  'ce-id': envelope.id,
  'ce-source': envelope.source,
  'ce-type': envelope.type,
  'ce-time': envelope.time,
};

describe('the CloudEvents client of npm', () => {
  const event = new CloudEvent({
    ...envelope,
    datacontenttype: 'application/json',
    data,
    partitionkey: 'checkout',
  });

  test('may send in binary and structured mode, and a batch of its events', async () => {
    const collector = await startCollector();
    const inBinary = HTTP.binary(event);
    const inStructured = HTTP.structured(event);
    const answers = [
      await collector.post(String(inBinary.body), inBinary.headers as Record<string, string>),
      await collector.post(String(inStructured.body), inStructured.headers as Record<string, string>),
      await collector.post(`[${event.toString()}]`, many),
    ];
    expect(answers.map(({ status, body }) => [status, body.accepted])).toEqual([
      [202, 1],
      [202, 1],
      [202, 1],
    ]);
    for (const { event: published } of collector.published) expect(published).toEqual(native);
  });
});

describe('the three modes', () => {
  test('an event has one digest, sent natively or as CloudEvent', async () => {
    const collector = await startCollector();
    await collector.post(native);
    await collector.post(structured, one);
    await collector.post([structured], many);
    await collector.post(data, binary);
    expect(collector.published.map(({ digest }) => digest)).toEqual(
      Array.from({ length: 4 }, () => digestOf(native as Parameters<typeof digestOf>[0])),
    );
  });

  test.each([
    ['application/cloudevents+json', 'Application/CloudEvents+JSON; charset=UTF-8'],
    ['application/cloudevents-batch+json', 'APPLICATION/CLOUDEVENTS-BATCH+JSON ; Charset=utf-8'],
  ])('%s may be written %s', async (plain, contentType) => {
    const collector = await startCollector();
    const body = plain.includes('batch') ? [structured] : structured;
    expect((await collector.post(body, { 'content-type': contentType })).status).toBe(202);
  });

  test('the content type of structured mode wins over ce- headers', async () => {
    const collector = await startCollector();
    await collector.post(structured, { ...one, ...binary, 'ce-id': 'another' });
    expect(collector.published[0]?.event.id).toBe(envelope.id);
  });

  test('data may be base64 of JSON, and may have any type that ends in +json', async () => {
    const collector = await startCollector();
    const { data: _, ...rest } = structured;
    const base64 = Buffer.from(JSON.stringify(data)).toString('base64');
    const answer = await collector.post(
      { ...rest, datacontenttype: 'application/vnd.shop+json', data_base64: base64 },
      one,
    );
    expect(answer.body).toEqual({ accepted: 1 });
    expect(collector.published[0]?.event).toEqual(native);
  });

  test('a time, a subject or an extension that is null counts as absent', async () => {
    const collector = await startCollector();
    const answer = await collector.post(
      { ...structured, time: null, subject: null, partitionkey: null },
      one,
    );
    expect(answer.status).toBe(202);
    expect(collector.published[0]?.event.time).toBe('2026-05-04T09:30:00.000Z');
  });

  test('binary mode needs no Content-Type, and accepts any that ends in +json', async () => {
    const collector = await startCollector();
    const withType = await collector.post(data, { ...binary, 'content-type': 'application/vnd.shop+json' });
    expect(withType.status).toBe(202);
    expect((await postRaw(collector.port, binary, JSON.stringify(data))).status).toBe(202);
    expect(collector.published.map(({ event }) => event)).toEqual([native, native]);
  });

  test('header values are unquoted, then percent-decoded once', async () => {
    const collector = await startCollector();
    const answer = await collector.post(data, {
      ...binary,
      'ce-id': '"a \\"quoted\\" \\\\ id"',
      'ce-source': '/Euro%20%E2%82%AC%20%F0%9F%98%80/100%2525',
    });
    expect(answer.status).toBe(202);
    expect(collector.published[0]?.event).toMatchObject({
      id: 'a "quoted" \\ id',
      source: '/Euro € 😀/100%25',
    });
  });
});

describe('a refused CloudEvent', () => {
  const { data: _data, ...noData } = structured;
  const { id: _id, source: _source, ...unidentified } = structured;
  test.each<[string, unknown, string[]]>([
    ['a wrong specversion', { ...structured, specversion: '0.3' }, ['specversion']],
    ['no specversion', { ...structured, specversion: undefined }, ['specversion']],
    ['no id and no source', unidentified, ['id', 'source']],
    ['no type', { ...structured, type: undefined }, ['type']],
    ['an empty id', { ...structured, id: '' }, ['id']],
    ['a foreign type', { ...structured, type: 'com.example.service.deployed' }, ['type']],
    [
      "a type of CDEvents' and data that is none",
      { ...structured, type: 'dev.cdevents.service.deployed.0.3.0' },
      ['data'],
    ],
    ['a bad time', { ...structured, time: 'not-a-date' }, ['time']],
    ['an attribute name of its own kind', { ...structured, BadExt: 'x' }, ['BadExt']],
    ['a misspelt field', { ...structured, data: { ...data, wieght: 5 } }, ['wieght']],
    [
      'fields of the envelope in data',
      { ...structured, data: { ...data, id: 'x', time: 'y' } },
      ['data.id', 'data.time'],
    ],
    ['data that is no object', { ...structured, data: 'text' }, ['data']],
    ['data that is null', { ...structured, data: null }, ['data']],
    ['data twice', { ...structured, data_base64: 'e30=' }, ['data_base64']],
    ['bad base64', { ...noData, data_base64: '*' }, ['data_base64']],
    ['base64 of something else', { ...noData, data_base64: '/w==' }, ['data_base64']],
    ['data in XML', { ...structured, datacontenttype: 'application/xml' }, ['datacontenttype']],
    ['a datacontenttype that is a number', { ...structured, datacontenttype: 5 }, ['datacontenttype']],
    ['an array in structured mode', [structured], ['']],
    [
      'a __proto__ attribute',
      JSON.stringify(structured).replace('{', '{"__proto__":{"a":1},'),
      ['__proto__'],
    ],
  ])('%s', async (_, body, fields) => {
    const collector = await startCollector();
    const answer = await collector.post(body, one);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map(({ field }) => field)).toEqual(fields);
    expect(collector.published).toEqual([]);
  });

  test('a batch that is no array', async () => {
    const collector = await startCollector();
    const answer = await collector.post(structured, many);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain('JSON array');
  });

  test('a batch with one invalid event', async () => {
    const collector = await startCollector();
    const answer = await collector.post([structured, null, { ...structured, specversion: '2.0' }], many);
    expect(answer.body.errors?.map(({ item, field }) => [item, field])).toEqual([
      [1, ''],
      [2, 'specversion'],
    ]);
    expect(collector.published).toEqual([]);
  });

  test.each<[string, Record<string, string>, string[]]>([
    ['specversion alone', { 'ce-specversion': '1.0' }, ['id', 'source', 'type']],
    ['no specversion', { ...binary, 'ce-specversion': '' }, ['specversion']],
    ['specversion 0.3', { ...binary, 'ce-specversion': '0.3' }, ['specversion']],
    ['a source that is no UTF-8', { ...binary, 'ce-source': 'a%C0%A0b' }, ['source']],
    ['an extension that is no UTF-8', { ...binary, 'ce-note': '%C0%A0' }, ['note']],
    ['a bad time', { ...binary, 'ce-time': 'yesterday' }, ['time']],
    ['a NUL in the id', { ...binary, 'ce-id': 'a%00b' }, ['id']],
    ['an attribute name with a hyphen', { ...binary, 'ce-bad-ext': 'x' }, ['bad-ext']],
    ['an attribute __proto__', { ...binary, 'ce-__proto__': 'x' }, ['__proto__']],
    ['ce-datacontenttype', { ...binary, 'ce-datacontenttype': 'application/json' }, ['datacontenttype']],
  ])('binary mode with %s', async (_, headers, fields) => {
    const collector = await startCollector();
    const answer = await collector.post(data, headers);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map(({ field }) => field)).toEqual(fields);
    expect(collector.published).toEqual([]);
  });

  test('a ce-id without the other headers is no native event', async () => {
    const collector = await startCollector();
    const answer = await collector.post(native, { 'ce-id': '1' });
    expect(answer.body.errors?.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['specversion', 'source', 'type']),
    );
  });

  test('binary mode with a body of another type is 415', async () => {
    const collector = await startCollector();
    for (const contentType of ['text/plain', 'application/x-ndjson', 'application/xml'])
      expect((await collector.post(data, { ...binary, 'content-type': contentType })).status).toBe(415);
  });

  test('binary mode without a body is answered with the missing fields', async () => {
    const collector = await startCollector();
    const answer = await postRaw(collector.port, binary, '');
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('"field":"service"');
  });
});

/** Posts with exactly these headers: fetch would add a Content-Type. */
async function postRaw(port: number, headers: Record<string, string>, body: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>();
  request({ host: '127.0.0.1', port, path: '/v1/events', method: 'POST', headers }, async response =>
    resolve({ status: response.statusCode, body: await text(response) }),
  )
    .on('error', reject)
    .end(body);
  return promise;
}
