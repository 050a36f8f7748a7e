import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '../../../../platform/process/config.ts';
import { hashOf } from '../../../../services/collector/access/tokens.ts';
import { listenFault, readCollectorConfig } from '../../../../services/collector/config.ts';

function tokensFile(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'tokens.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readCollectorConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
  }
  return [];
}

test('without any setting there is no token, and a request may hold 5,000 events and 5 MB', () => {
  expect(readCollectorConfig({})).toEqual({
    tokens: [],
    secrets: { tokens: [] },
    limits: { bodyBytesMax: 5_000_000, batchEventsMax: 5_000 },
  });
});

test('INGEST_TOKEN and the tokens of TOKENS_FILE can be used together', () => {
  const ci = { name: 'ci', hash: hashOf('x'), services: ['checkout'] };
  const env = {
    INGEST_TOKEN: 'quick-start',
    TOKENS_FILE: tokensFile({ tokens: [ci] }),
    BATCH_EVENTS_MAX: '10',
  };
  const tokens = [ci, { name: 'ingest', hash: hashOf('quick-start') }];
  expect(readCollectorConfig(env)).toEqual({
    tokens,
    secrets: { tokens },
    limits: { bodyBytesMax: 5_000_000, batchEventsMax: 10 },
  });
});

test('the secrets of webhooks are used besides the tokens, and WEBHOOK_TOKEN authenticates webhooks only', () => {
  const signing = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const env = { GITHUB_WEBHOOK_SECRET: 'g h', GITLAB_WEBHOOK_TOKEN: signing, WEBHOOK_TOKEN: 'w' };
  expect(readCollectorConfig(env)).toMatchObject({
    tokens: [],
    secrets: { github: 'g h', gitlab: signing, tokens: [{ name: 'webhook', hash: hashOf('w') }] },
  });
  expect(problemsOf({ GITLAB_WEBHOOK_TOKEN: 'whsec_' })).toEqual([
    expect.stringMatching(/^GITLAB_WEBHOOK_TOKEN /),
  ]);
  expect(problemsOf({ WEBHOOK_TOKEN: 'with/slash' })).toEqual([expect.stringMatching(/^WEBHOOK_TOKEN /)]);
});

test('all problems are reported at once, including those of the tokens file', () => {
  const problems = problemsOf({
    BODY_BYTES_MAX: 'many',
    BATCH_EVENTS_MAX: '0',
    INGEST_TOKEN: 'with space',
    TOKENS_FILE: tokensFile({ tokens: [{ name: 'ci', hash: 'x' }] }),
  });
  expect(problems).toHaveLength(4);
  for (const setting of ['BODY_BYTES_MAX', 'BATCH_EVENTS_MAX', 'TOKENS_FILE tokens[0].hash', 'INGEST_TOKEN'])
    expect(problems.filter(problem => problem.startsWith(setting))).toHaveLength(1);
});

test('a missing tokens file is a problem', () => {
  expect(problemsOf({ TOKENS_FILE: join(tmpdir(), 'no', 'such', 'file') })).toEqual([
    expect.stringContaining('TOKENS_FILE cannot be read'),
  ]);
});

test('one token under two names is a problem', () => {
  const path = tokensFile({ tokens: [{ name: 'ci', hash: hashOf('x') }] });
  expect(problemsOf({ TOKENS_FILE: path, INGEST_TOKEN: 'x' })).toHaveLength(1);
});

test.each(['127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1', 'localhost', 'LOCALHOST'])(
  'without a token %s is an allowed host',
  host => expect(listenFault(host, false)).toBeNull(),
);

test.each([
  '0.0.0.0',
  '::',
  '192.168.1.5',
  '128.0.0.1',
  'collector.example.com',
  '127.evil.example',
  '',
  '[::1]',
])('%j is an allowed host only with a token, and the error says so', host => {
  expect(listenFault(host, false)).toContain('INGEST_TOKEN');
  expect(listenFault(host, true)).toBeNull();
});
