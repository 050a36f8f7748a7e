import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { expectShown, shown } from '../../support/histories/shown.ts';
import { kcat } from '../../support/kafka/kcat.ts';
import { readTopic } from '../../support/kafka/reading.ts';
import { type Distributed, prepareDistributed } from '../../support/product/distributed.ts';
import { temporaryFolder } from '../../support/product/standalone.ts';
import { Senders } from '../../support/senders/senders.ts';

async function replay(run: Distributed, args: readonly string[] = [], more: Record<string, string> = {}) {
  const { PATH = '', HOME = '' } = process.env;
  const command = ['cli/main.ts', 'replay', ...args];
  return promisify(execFile)(process.execPath, command, { env: { PATH, HOME, ...run.env, ...more } });
}

test('dead letters are listed, and sent again once', async () => {
  await using run = await prepareDistributed();
  const [metrics, consumer] = await Promise.all([run.start('metrics'), run.start('consumer')]);
  const [event] = new Senders().next(1);
  const dead = (reason: string) => shown(consumer, `firstlight_dead_letters_total{reason="${reason}"}`);

  await kcat(['-P', '-b', run.brokers, '-t', run.topic, '-k', 'checkout', '-H', 'mine=1'], '{"type":\n');
  await expect.poll(() => dead('not_json'), { timeout: 30_000 }).toBe(1);

  const listed = await replay(run, ['--dry-run']);
  expect(listed.stdout).toMatch(new RegExp(`^0  not_json  ${run.topic}/\\d@0  8 bytes  .*JSON.*\n$`));
  expect(listed.stderr).toContain('1 dead letters would be sent again');

  // It is still invalid, so it comes back, with its original headers and a single reason.
  expect((await replay(run)).stderr).toContain('1 dead letters were sent again');
  await expect.poll(() => dead('not_json'), { timeout: 30_000 }).toBe(2);
  const format = '%o %k %h %s\\n';
  const letters = await kcat(['-C', '-b', run.brokers, '-t', `${run.topic}.dlq`, '-e', '-q', '-f', format]);
  const [first, second, ...more] = letters.trimEnd().split('\n');
  expect(more).toEqual([]);
  expect(first).toMatch(/^0 checkout mine=1,.*dlq_reason=not_json.* \{"type":$/);
  expect(second).toMatch(/^1 checkout mine=1,.*dlq_reason=not_json.* \{"type":$/);
  expect(second?.match(/dlq_reason/g)).toHaveLength(1);

  // A valid event as a dead letter.
  await kcat(
    ['-P', '-b', run.brokers, '-t', `${run.topic}.dlq`, '-H', 'dlq_reason=x'],
    `${JSON.stringify(event)}\n`,
  );
  expect((await replay(run)).stderr).toContain('2 dead letters were sent again');
  await expectShown(metrics, event ? [event] : []);
  await expect.poll(() => dead('not_json'), { timeout: 30_000 }).toBe(3);
  expect((await replay(run, ['--all', '--dry-run'])).stderr).toContain('4 dead letters');
});

test('an unmappable webhook waits on the topic, and is replayed as events', async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  const catalogue = join(folder.path, 'services.yaml');
  writeFileSync(catalogue, 'services: [{ name: checkout }]\n');
  await using run = await prepareDistributed();
  const [collector, metrics] = await Promise.all([
    run.start('collector', { SERVICES_FILE: catalogue, WEBHOOK_TOKEN: 'webhook-token' }),
    run.start('metrics'),
    run.start('consumer'),
  ]);
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const body = JSON.stringify({ key: 'T-1', state: 'open', project: 'checkout', at });
  const answer = await fetch(`${collector.url}/v1/webhooks/alerts/webhook-token?mapping=tracker`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: 'secret' },
    body,
  });
  expect([answer.status, await answer.json()]).toEqual([202, { accepted: 0 }]);
  const [letter] = await readTopic(run.brokers, `${run.topic}.dlq`);
  expect(String(letter?.value)).toBe(body);
  const headers = Object.entries(letter?.headers ?? {}).map(([name, value]) => [name, String(value)]);
  expect(Object.fromEntries(headers)).toMatchObject({
    dlq_tool: 'alerts',
    dlq_reason: 'unmappable',
    dlq_client: 'webhook',
  });
  expect(headers.join()).not.toMatch(/webhook-token|secret/);

  const settings = { SERVICES_FILE: catalogue };
  expect((await replay(run, [], settings)).stderr).toContain(
    '0 dead letters were sent again, 1 cannot be mapped yet',
  );
  writeFileSync(
    catalogue,
    `services: [{ name: checkout }]
mappings: { tracker: { incident: /key, status: /state, detected: open, resolved: done, service: /project, detectedAt: /at } }
`,
  );
  expect((await replay(run, [], settings)).stderr).toContain('1 dead letters were sent again\n');
  const open = 'dora_open_incidents{service="checkout",team="",environment="production"}';
  await expect.poll(() => shown(metrics, open), { timeout: 30_000 }).toBe(1);
});
