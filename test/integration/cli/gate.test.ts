import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstlight } from './firstlight.ts';

const labels = 'service="checkout",team="",environment="production"';
const asked: (string | undefined)[] = [];
const server = createServer((request, response) => {
  asked.push(request.headers.authorization);
  response.end(
    [
      `dora_exposed_changes{${labels},window="30d"} 40`,
      `dora_change_failure_ratio{${labels},window="30d"} 0.25`,
      `dora_open_incidents{${labels}} 0`,
      'firstlight_snapshot_age_seconds 0.5',
      '',
    ].join('\n'),
  );
});
let url: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const gate = (...args: string[]) =>
  firstlight(['gate', '--service', 'checkout', '--retries', '0', '--url', url, ...args]);

test('an open gate ends with 0 and its reasons', async () => {
  const { status, stdout } = await gate('--max-change-failure-ratio', '0.3', '--max-open-incidents', '0');
  expect(status).toBe(0);
  expect(stdout).toContain('0.250 of 40 rollouts in 30d, at most 0.3');
});

test('a closed gate ends with 1 and its reasons; the token is sent', async () => {
  const { status, stderr } = await gate('--max-change-failure-ratio', '0.15', '--token', 'secret');
  expect(status).toBe(1);
  expect(stderr).toContain('0.250 of 40 rollouts in 30d, more than 0.15');
  expect(asked.at(-1)).toBe('Bearer secret');
});

test.each([
  [[], /Nothing to check/],
  [['--max-open-incidents', 'none'], /number from 0/],
  [['--max-open-incidents', '0', '--window', '14d'], /7d, 30d, 90d/],
])('wrong usage ends with 2: %j', async (args, said) => {
  const { status, stderr } = await gate(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(said);
});

test('an unreachable server ends with 3, unlike a closed gate', async () => {
  const { status } = await gate('--max-open-incidents', '0', '--url', 'http://127.0.0.1:9');
  expect(status).toBe(3);
});
