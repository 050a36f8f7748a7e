import { createHmac } from 'node:crypto';
import { sign } from '@octokit/webhooks-methods';
import { describe, expect, test } from 'vitest';
import { hashOf } from '../../../../../services/collector/access/tokens.ts';
import { admit, type WebhookSecrets } from '../../../../../services/collector/access/webhooks.ts';
import { Refusal } from '../../../../../services/collector/refusal.ts';
import type { Scheme, Source, ToolRequest } from '../../../../../services/collector/sources/source.ts';

const now = Date.parse('2026-05-04T09:30:00Z');
const secrets: WebhookSecrets = {
  github: "It's a Secret to Everybody",
  gitlab: 'gitlab-token',
  tokens: [
    { name: 'webhook', hash: hashOf('w-token') },
    { name: 'ci', hash: hashOf('ci-token'), services: ['checkout'] },
  ],
};

const sourceOf = (tool: string, scheme: Scheme): Source => ({ tool, scheme, parse: () => ({ events: [] }) });
const github = sourceOf('github', 'github');
const gitlab = sourceOf('gitlab', 'gitlab');
const flagger = sourceOf('flagger', 'token');

const requestOf = (headers: ToolRequest['headers'], body = 'Hello, World!'): ToolRequest => ({
  headers,
  query: {},
  body: Buffer.from(body),
});

function admitted(source: Source, request: ToolRequest, pathToken?: string, known = secrets): string | null {
  try {
    return admit(source, request, pathToken, known, now).name;
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return null;
    throw error;
  }
}

describe('GitHub', () => {
  test('is authenticated by its signature, such as that of its documentation', () => {
    const known = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(admitted(github, requestOf({ 'x-hub-signature-256': known }))).toBe('github');
  });

  test('is authenticated by the signature of its own library, for any body', async () => {
    const body = JSON.stringify({ text: 'größer 😀' });
    const signature = await sign(secrets.github ?? '', body);
    expect(admitted(github, requestOf({ 'x-hub-signature-256': signature }, body))).toBe('github');
    expect(admitted(github, requestOf({ 'x-hub-signature-256': signature }, `${body} `))).toBeNull();
  });

  test.each([
    ['no signature', {}],
    ['an empty signature', { 'x-hub-signature-256': '' }],
    ['the old kind of signature', { 'x-hub-signature': 'sha1=0' }],
    [
      'the signature of another secret',
      { 'x-hub-signature-256': `sha256=${createHmac('sha256', 'x').update('Hello, World!').digest('hex')}` },
    ],
    ['a token instead', { authorization: 'Bearer w-token' }],
  ])('is refused with %s', (_, headers) => {
    expect(admitted(github, requestOf(headers))).toBeNull();
    expect(admitted(github, requestOf(headers), 'w-token')).toBeNull();
  });

  test('needs a token if no secret is set', () => {
    const { github: _, ...others } = secrets;
    expect(admitted(github, requestOf({}), undefined, others)).toBeNull();
    expect(admitted(github, requestOf({}), 'w-token', others)).toBe('webhook');
  });
});

describe('GitLab', () => {
  test('is authenticated by its secret token', () => {
    expect(admitted(gitlab, requestOf({ 'x-gitlab-token': 'gitlab-token' }))).toBe('gitlab');
    expect(admitted(gitlab, requestOf({ 'x-gitlab-token': 'gitlab-toke' }))).toBeNull();
    expect(admitted(gitlab, requestOf({}))).toBeNull();
  });

  describe('with a signing token', () => {
    // The test vector of Standard Webhooks
    const signing = { ...secrets, gitlab: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1a,other v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const body = '{"test": 2432232314}';
    const at = (ms: number, request: ToolRequest) => {
      try {
        return admit(gitlab, request, undefined, signing, ms).name;
      } catch (error) {
        return error instanceof Refusal ? null : error;
      }
    };
    const signedAt = 1_614_265_330_000;

    test('is authenticated by its signature, for five minutes', () => {
      expect(at(signedAt, requestOf(headers, body))).toBe('gitlab');
      expect(at(signedAt + 300_000, requestOf(headers, body))).toBe('gitlab');
      expect(at(signedAt + 300_001, requestOf(headers, body))).toBeNull();
      expect(at(signedAt - 300_001, requestOf(headers, body))).toBeNull();
    });

    test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
      'is refused with another %s',
      name => {
        expect(at(signedAt, requestOf({ ...headers, [name]: '1614265331' }, body))).toBeNull();
        expect(at(signedAt, requestOf({ ...headers, [name]: undefined }, body))).toBeNull();
      },
    );

    test('is refused with another body, and if it sends the signing token itself', () => {
      expect(at(signedAt, requestOf(headers, '{"test": 2432232315}'))).toBeNull();
      expect(at(signedAt, requestOf({ 'x-gitlab-token': signing.gitlab }, body))).toBeNull();
    });
  });
});

describe('a tool that sends a token', () => {
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

  test.each([
    ['bearer', { authorization: 'Bearer w-token' }, undefined, 'webhook'],
    ['password of Basic', { authorization: basic('any:w-token') }, undefined, 'webhook'],
    ['last part of the path', {}, 'w-token', 'webhook'],
    ['a token of the file', { authorization: 'bearer ci-token' }, undefined, 'ci'],
    ['another token', { authorization: 'Bearer w-toke' }, undefined, null],
    ['the user name of Basic', { authorization: basic('w-token:') }, undefined, null],
    ['a wrong path beside a right header', { authorization: 'Bearer w-token' }, 'x', null],
    ['no token', {}, undefined, null],
  ])('%s', (_, headers, pathToken, client) => {
    expect(admitted(flagger, requestOf(headers), pathToken)).toBe(client);
  });

  test('needs none if none is set', () => {
    expect(admitted(flagger, requestOf({}), undefined, { tokens: [] })).toBe('anonymous');
  });
});
