import { describe, expect, test } from 'vitest';
import { hashOf, newToken } from '../../../services/collector/access/tokens.ts';
import { Unavailable } from '../../../services/collector/publish/publisher.ts';
import { answerOf, startCollector } from './running-collector.ts';

const merged = { type: 'change_merged', service: 'checkout', change: '3f2a91c' };
const ndjson = { 'content-type': 'application/x-ndjson' };

describe('what is accepted', () => {
  test('one event is published with its identity and the time of receipt, and answered 202', async () => {
    const collector = await startCollector();
    const answer = await collector.post(merged);
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ accepted: 1 });
    expect(collector.published).toHaveLength(1);
    expect(collector.published[0]?.event).toEqual({
      ...merged,
      id: collector.published[0]?.digest,
      source: 'anonymous',
      time: '2026-05-04T09:30:00.000Z',
    });
  });

  test('an array is published as one batch, in its order', async () => {
    const batches: number[] = [];
    const collector = await startCollector({
      publisher: { publish: async batch => void batches.push(batch.length) },
    });
    const answer = await collector.post([merged, { ...merged, change: 'b' }, { ...merged, change: 'c' }]);
    expect(answer.body).toEqual({ accepted: 3 });
    expect(batches).toEqual([3]);
  });

  test('NDJSON is one event per line; blank lines and Windows line ends do not matter', async () => {
    const collector = await startCollector();
    const lines = [JSON.stringify(merged), '', '  ', JSON.stringify({ ...merged, change: 'b' }), ''];
    const answer = await collector.post(lines.join('\r\n'), ndjson);
    expect(answer.body).toEqual({ accepted: 2 });
    expect(collector.published.map(({ event }) => 'change' in event && event.change)).toEqual([
      '3f2a91c',
      'b',
    ]);
  });

  test.each([
    ['[]', 'application/json'],
    ['', 'application/x-ndjson'],
    ['\n\n', 'application/x-ndjson'],
    ['[]', 'application/cloudevents-batch+json'],
  ])('an empty batch %j as %s is accepted and nothing is published', async (body, contentType) => {
    let calls = 0;
    const collector = await startCollector({ publisher: { publish: async () => void calls++ } });
    const answer = await collector.post(body, { 'content-type': contentType });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ accepted: 0 });
    expect(calls).toBe(0);
  });

  test('the same event posted twice without an id is the same event', async () => {
    const collector = await startCollector();
    await collector.post({ ...merged, time: '2026-05-04T09:00:00Z' });
    await collector.post(
      `{"time":"2026-05-04T09:00:00Z", "change":"3f2a91c","service":"checkout","type":"change_merged"}`,
    );
    const [first, second] = collector.published;
    expect(collector.published).toHaveLength(2);
    expect(second).toEqual(first);
  });

  test('media types are compared without regard to case, and may have the charset utf-8', async () => {
    const collector = await startCollector();
    const answer = await collector.post(merged, { 'content-type': 'Application/JSON; Charset="UTF-8"' });
    expect(answer.status).toBe(202);
  });

  test('a byte order mark is no fault', async () => {
    const collector = await startCollector();
    expect((await collector.post(`\uFEFF${JSON.stringify(merged)}`)).status).toBe(202);
  });

  test('5,000 events are a batch and 5,001 are too many', async () => {
    const collector = await startCollector();
    const batch = Array.from({ length: 5_001 }, (_, index) => ({ ...merged, change: `c${index}` }));
    expect((await collector.post(batch.slice(1))).body).toEqual({ accepted: 5_000 });
    expect((await collector.post(batch)).status).toBe(413);
    expect(collector.published).toHaveLength(5_000);
  });

  test('the answer comes only after the publisher has made the events durable', async () => {
    const durable = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const collector = await startCollector({
      publisher: {
        publish: () => {
          asked.resolve();
          return durable.promise;
        },
      },
    });
    let answered = false;
    const answer = collector.post(merged).then(result => {
      answered = true;
      return result;
    });
    await asked.promise;
    await fetch(`${collector.url}/livez`);
    expect(answered).toBe(false);
    durable.resolve();
    expect((await answer).status).toBe(202);
  });

  test('the observer gets accepted events by type, and refused ones by reason', async () => {
    const collector = await startCollector();
    await collector.post([merged, merged, { type: 'flag_changed', flag: 'new-basket' }]);
    await collector.post([merged, { type: 'nonsense' }]);
    await collector.post('x', { 'content-type': 'text/plain' });
    expect(collector.observed).toEqual([
      'accepted events change_merged 2',
      'accepted events flag_changed 1',
      'refused invalid 2',
      'refused unsupported 1',
    ]);
  });
});

describe('refusals', () => {
  test('every bad item and field is named, and nothing of the batch is published', async () => {
    const collector = await startCollector();
    const answer = await collector.post([
      merged,
      { type: 'change_exposed', service: '', change: 'a', weight: 101, colour: 'blue' },
      5,
      { ...merged, time: '2026-05-04 09:00' },
    ]);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 });
    expect(answer.body.detail).toBe('5 errors in 3 of 4 events; nothing was stored.');
    expect(answer.body.errors?.map(({ item, field }) => [item, field])).toEqual(
      expect.arrayContaining([
        [1, 'service'],
        [1, 'weight'],
        [1, 'colour'],
        [2, ''],
        [3, 'time'],
      ]),
    );
    expect(collector.published).toEqual([]);
  });

  test('an impossible time is listed with the faults of other fields', async () => {
    const collector = await startCollector();
    const answer = await collector.post({
      ...merged,
      time: '2027-01-01T00:00:00Z',
      team: '',
      colour: 'blue',
    });
    expect(answer.body.errors?.map(({ field }) => field).sort()).toEqual(['colour', 'team', 'time']);
    const unnamed = await collector.post({
      type: 'change_exposed',
      service: 'a',
      time: '1999-01-01T00:00:00Z',
    });
    expect(unnamed.body.errors?.map(({ field }) => field)).toEqual(['', 'time']);
  });

  test('a line of NDJSON that is no JSON is listed with its index among the lines that are not blank', async () => {
    const collector = await startCollector();
    const answer = await collector.post(`${JSON.stringify(merged)}\n\n{"type":\n`, ndjson);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      { item: 1, field: '', detail: expect.stringContaining('not valid JSON') },
    ]);
  });

  test('at most 1,000 errors are listed, and the others are counted', async () => {
    const collector = await startCollector();
    const answer = await collector.post(Array.from({ length: 1_500 }, () => 1));
    expect(answer.body.errors).toHaveLength(1_000);
    expect(answer.body.detail).toBe(
      '1500 errors in 1500 of 1500 events; nothing was stored. The first 1000 are listed, 500 more are not.',
    );
  });

  test.each([
    ['text/plain', {}],
    ['application/x-www-form-urlencoded', {}],
    ['application/cloudevents+xml', {}],
    ['application/cloudevents-batch+xml', {}],
    ['application/cloudevents', {}],
    ['application/json; charset=iso-8859-1', {}],
    ['application/json', { 'content-encoding': 'gzip' }],
    ['nonsense', {}],
  ])('Content-Type %s with %j is answered 415', async (contentType, headers) => {
    const collector = await startCollector();
    const answer = await collector.post(merged, { 'content-type': contentType, ...headers });
    expect(answer.status).toBe(415);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(collector.published).toEqual([]);
  });

  test('Content-Encoding identity is accepted', async () => {
    const collector = await startCollector();
    expect((await collector.post(merged, { 'content-encoding': 'identity' })).status).toBe(202);
  });

  test('a body without a Content-Type is answered 415', async () => {
    const collector = await startCollector();
    const body = new Blob([JSON.stringify(merged)]);
    const answer = await answerOf(await fetch(`${collector.url}/v1/events`, { method: 'POST', body }));
    expect(answer.status).toBe(415);
    expect(answer.body.detail).toContain('no Content-Type');
  });

  test('if the log is away, the answer is 503 with the time of the next attempt', async () => {
    const collector = await startCollector({
      publisher: { publish: () => Promise.reject(new Unavailable('broker 10.0.0.7 is down', 2.5)) },
    });
    const answer = await collector.post(merged);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('3');
    expect(answer.body.detail).not.toContain('10.0.0.7');
    expect(collector.observed).toEqual(['refused unavailable 1']);
  });

  test('an unexpected failure is answered 500 without its internals', async () => {
    const collector = await startCollector({
      publisher: { publish: () => Promise.reject(new Error('password=hunter2')) },
    });
    const answer = await collector.post(merged);
    expect(answer.status).toBe(500);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    expect(collector.observed).toEqual(['refused error 1']);
  });

  test('an unknown path is 404 and a wrong method 405, both as problems', async () => {
    const collector = await startCollector();
    const unknown = await answerOf(await fetch(`${collector.url}/v1/event`));
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toBe('application/problem+json');
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const wrong = await answerOf(await fetch(`${collector.url}/v1/events`, { method }));
      expect(wrong.status).toBe(405);
      expect(wrong.headers.get('allow')).toBe('POST, OPTIONS');
      expect(wrong.headers.get('content-type')).toBe('application/problem+json');
    }
    const badUrl = await answerOf(await fetch(`${collector.url}/v1/%zz`));
    expect(badUrl.status).toBe(400);
    expect(badUrl.headers.get('content-type')).toBe('application/problem+json');
  });
});

describe('permission to write', () => {
  const ci = newToken();
  const shop = newToken();
  const tokens = [
    { name: 'ci', hash: ci.hash },
    { name: 'shop', hash: shop.hash, services: ['checkout', 'web-*'] },
  ];
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  test('the name of the client is the default source of an event', async () => {
    const collector = await startCollector({ tokens });
    expect((await collector.post(merged, bearer(ci.token))).status).toBe(202);
    expect((await collector.post({ ...merged, source: 'jenkins' }, bearer(shop.token))).status).toBe(202);
    expect(collector.published.map(({ event }) => event.source)).toEqual(['ci', 'jenkins']);
  });

  test.each([
    undefined,
    'Bearer',
    'Bearer wrong',
    `Basic ${ci.token}`,
    `Bearer ${hashOf(ci.token)}`,
    `Bearer ${ci.token} x`,
  ])('without a known token (%s) the answer is 401', async authorization => {
    const collector = await startCollector({ tokens });
    const answer = await collector.post(merged, authorization === undefined ? {} : { authorization });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(collector.published).toEqual([]);
    expect(collector.observed).toEqual(['refused unauthorized 1']);
  });

  test('events of services that the token may not write are listed with 403, and nothing is stored', async () => {
    const collector = await startCollector({ tokens });
    const batch = [
      merged,
      { ...merged, service: 'web-front' },
      { ...merged, service: 'billing' },
      { type: 'flag_changed', flag: 'new-basket' },
    ];
    const answer = await collector.post(batch, bearer(shop.token));
    expect(answer.status).toBe(403);
    expect(answer.body.errors?.map(({ item, field }) => [item, field])).toEqual([
      [2, 'service'],
      [3, 'service'],
    ]);
    expect(collector.published).toEqual([]);
    expect((await collector.post(batch, bearer(ci.token))).body).toEqual({ accepted: 4 });
  });
});

describe('the other paths', () => {
  test('the CloudEvents webhook handshake lets any origin send', async () => {
    const collector = await startCollector({ tokens: [{ name: 'ci', hash: hashOf('secret') }] });
    const response = await fetch(`${collector.url}/v1/events`, {
      method: 'OPTIONS',
      headers: { 'WebHook-Request-Origin': 'eventemitter.example.com', 'WebHook-Request-Rate': '120' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('webhook-allowed-origin')).toBe('eventemitter.example.com');
    expect(response.headers.get('webhook-allowed-rate')).toBe('*');
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('OPTIONS without an origin is answered with the allowed methods', async () => {
    const collector = await startCollector();
    const response = await fetch(`${collector.url}/v1/events`, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
  });

  test('livez means that the process answers, readyz that events can be accepted', async () => {
    let isReady: () => Promise<boolean> = async () => true;
    const collector = await startCollector({ ready: () => isReady() });
    const status = async (path: string) => (await fetch(collector.url + path)).status;
    expect(await status('/livez')).toBe(200);
    expect(await status('/readyz')).toBe(200);
    isReady = async () => false;
    expect(await status('/livez')).toBe(200);
    expect(await status('/readyz')).toBe(503);
    isReady = () => Promise.reject(new Error('no answer'));
    expect(await status('/readyz')).toBe(503);
  });

  test('another service on the same server can have the health paths', async () => {
    const collector = await startCollector({ health: false });
    expect((await fetch(`${collector.url}/livez`)).status).toBe(404);
    expect((await collector.post(merged)).status).toBe(202);
  });
});
