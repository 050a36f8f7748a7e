import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { emptyCatalogue } from '../../../domain/catalogue/model.ts';
import { hashOf } from '../../../services/collector/access/tokens.ts';
import type { DeadRequest } from '../../../services/collector/publish/dead-requests.ts';
import { Unavailable } from '../../../services/collector/publish/publisher.ts';
import { sources } from '../../../services/collector/sources/index.ts';
import { answerOf, type RunningCollector, receivedAt, startCollector } from './running-collector.ts';

const secret = 'a secret of GitHub';
const tokens = [{ name: 'ci', hash: hashOf('ci-token'), services: ['checkout'] }];
const webhookToken = { name: 'webhook', hash: hashOf('webhook-token') };

const alert = (service: string) => ({
  version: '4',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'ErrorBudgetBurn', service },
      annotations: {},
      startsAt: '2026-05-04T09:29:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      fingerprint: '00112233aabbccdd',
    },
  ],
});

let kept: DeadRequest[];
let collector: RunningCollector;
beforeEach(async () => {
  kept = [];
  collector = await startCollector({
    tokens,
    webhooks: {
      secrets: { github: secret, tokens: [...tokens, webhookToken] },
      deadRequests: { keep: async request => void kept.push(request) },
    },
  });
});

async function send(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${collector.url}/v1/webhooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  });
  return answerOf(response);
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const sign = (body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('a webhook', () => {
  test('is answered with 202 and the number of its events, which are published', async () => {
    const answer = await send('alertmanager', alert('checkout'), bearer('webhook-token'));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(collector.published).toMatchObject([
      { event: { type: 'incident_detected', service: 'checkout' } },
    ]);
    expect(collector.observed).toEqual(['accepted alertmanager incident_detected 1']);
  });

  test('of a repeated delivery is the same event', async () => {
    await send('alertmanager', alert('checkout'), bearer('webhook-token'));
    await send('alertmanager', alert('checkout'), bearer('webhook-token'));
    const [first, second] = collector.published;
    expect(second).toEqual(first);
  });

  test('may carry its token in the path', async () => {
    expect((await send('alertmanager/webhook-token', alert('checkout'))).status).toBe(202);
    expect((await send('alertmanager/webhook-toke', alert('checkout'))).status).toBe(401);
  });

  test('that is not relevant is no error', async () => {
    const body = JSON.stringify({ zen: 'Keep it logically awesome.' });
    const headers = { 'x-github-event': 'ping', 'x-hub-signature-256': sign(body) };
    expect(await send('github', body, headers)).toMatchObject({ status: 202, body: { accepted: 0 } });
    expect(kept).toEqual([]);
  });

  test('of an unknown tool is answered 404, with the names of the tools', async () => {
    const answer = await send('jenkins', {}, bearer('webhook-token'));
    expect(answer.status).toBe(404);
    for (const tool of sources.keys()) expect(answer.body.detail).toContain(tool);
  });

  test('accepts POST only', async () => {
    const response = await fetch(`${collector.url}/v1/webhooks/argo-rollouts`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('is refused without a known token, and nothing is published or kept', async () => {
    for (const tool of sources.keys()) {
      const answer = await send(tool, alert('checkout'), bearer('wrong'));
      expect([tool, answer.status]).toEqual([tool, 401]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(collector.published).toEqual([]);
    expect(kept).toEqual([]);
  });

  test('with the token of another service is forbidden', async () => {
    expect((await send('alertmanager', alert('checkout'), bearer('ci-token'))).status).toBe(202);
    const answer = await send('alertmanager', alert('search'), bearer('ci-token'));
    expect(answer.status).toBe(403);
    expect(answer.body.errors).toMatchObject([{ field: 'service' }]);
    expect(collector.published).toHaveLength(1);
    expect(kept).toEqual([]);
  });

  test('has a token that does not permit sending events', async () => {
    const event = { type: 'change_merged', service: 'checkout', change: 'c1' };
    expect((await collector.post(event, bearer('webhook-token'))).status).toBe(401);
  });
});

describe('a signed webhook', () => {
  const body = JSON.stringify({ zen: 'Design for failure.' });

  test.each([
    ['no signature', {}],
    ['the signature of another body', { 'x-hub-signature-256': sign(`${body} `) }],
    ['a token instead', bearer('webhook-token')],
  ])('is refused with %s', async (_, headers) => {
    expect((await send('github', body, { 'x-github-event': 'ping', ...headers })).status).toBe(401);
    expect((await send('github/webhook-token', body, { 'x-github-event': 'ping', ...headers })).status).toBe(
      401,
    );
    expect(kept).toEqual([]);
  });
});

describe('an authentic webhook that cannot be mapped', () => {
  test('is answered with success, counted, and kept with its bytes and without its secrets', async () => {
    const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
    const headers = { ...bearer('webhook-token'), 'x-github-delivery': 'd1', cookie: 'session=1' };
    const answer = await send('alertmanager?environment=live', body, headers);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 0 } });
    expect(kept).toMatchObject([
      {
        tool: 'alertmanager',
        client: 'webhook',
        receivedAt,
        reason: 'unmappable',
        query: { environment: 'live' },
        detail: expect.stringMatching(/./),
      },
    ]);
    expect(Buffer.from(kept[0]?.body ?? [])).toEqual(body);
    expect(kept[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'x-github-delivery': 'd1' });
    expect(JSON.stringify(kept[0]?.headers)).not.toMatch(/webhook-token|session/);
    expect(collector.observed).toEqual(['kept alertmanager unmappable']);
  });

  test('is kept too if it was mapped to an invalid event', async () => {
    const late = alert('checkout');
    const ahead = late.alerts.map(each => ({ ...each, startsAt: '2026-05-04T10:30:00Z' }));
    const answer = await send('alertmanager', { ...late, alerts: ahead }, bearer('webhook-token'));
    expect(answer.status).toBe(202);
    expect(kept).toMatchObject([{ reason: 'invalid', detail: expect.stringContaining('5 minutes ahead') }]);
  });

  test('is not answered with success if it cannot be kept', async () => {
    collector = await startCollector({
      webhooks: {
        secrets: { tokens: [] },
        deadRequests: {
          keep: async () => {
            throw new Unavailable('Kafka is away', 2);
          },
        },
      },
    });
    const answer = await send('alertmanager', '{', {});
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
  });
});

test('services that the catalogue does not know are reported, if there is a catalogue', async () => {
  const entry = {
    name: 'checkout',
    aliases: [],
    repositories: [],
    paths: [],
    artifacts: [],
    environments: {},
    flags: {},
  };
  collector = await startCollector({
    catalogue: () => ({ ...emptyCatalogue, services: [entry] }),
    webhooks: { secrets: { tokens: [] }, deadRequests: { keep: async () => {} } },
  });
  await send('alertmanager', alert('checkout'));
  await send('alertmanager', alert('search'));
  expect(collector.observed.filter(line => line.startsWith('unknown'))).toEqual([
    'unknown alertmanager search',
  ]);
});
