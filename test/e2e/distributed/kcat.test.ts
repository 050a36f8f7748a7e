import { expect, test } from 'vitest';
import type { Event } from '../../../domain/events/event.ts';
import { expectShown, type WholeEvent } from '../../support/histories/shown.ts';
import { kcat } from '../../support/kafka/kcat.ts';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { Senders } from '../../support/senders/senders.ts';

test('another client reads what a collector wrote, with its CloudEvents headers', async () => {
  await using run = await prepareDistributed();
  const collector = await run.start('collector');
  const events = new Senders().next(30);
  expect((await collector.post(events)).status).toBe(202);

  // Partition, key, headers and value, separated by tabs, which JSON and Firstlight's headers do not contain
  const format = '%p\\t%k\\t%h\\t%s\\n';
  const output = await kcat(['-C', '-b', run.brokers, '-t', run.topic, '-e', '-q', '-f', format]);
  const messages = output
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t'))
    .map(([partition, key, headers = '', value = '']) => ({
      partition,
      key,
      headers: Object.fromEntries(headers.split(',').map(header => header.split(/=(.*)/s).slice(0, 2))),
      event: JSON.parse(value) as Event,
    }));

  expect(messages.map(({ event }) => event.id).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  for (const { key, headers, event } of messages) {
    expect(events).toContainEqual(event);
    expect(key).toBe(event.service);
    expect(headers).toEqual({
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: event.source,
      ce_type: event.type,
      ce_time: event.time,
      ce_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      'content-type': 'application/json',
    });
  }
  const homes = Map.groupBy(messages, ({ key }) => key);
  for (const ofService of homes.values())
    expect(new Set(ofService.map(({ partition }) => partition)).size).toBe(1);
});

test('events of another client are stored, in both modes of CloudEvents', async () => {
  await using run = await prepareDistributed();
  const [metrics] = await Promise.all([run.start('metrics'), run.start('consumer')]);
  const [whole, bare] = new Senders().next(2) as [WholeEvent, WholeEvent];
  const produce = ['-P', '-b', run.brokers, '-t', run.topic];

  await kcat(produce, `${JSON.stringify(whole)}\n`);
  const { id, source, type, time, ...data } = bare;
  const headers = Object.entries({
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: source,
    ce_type: type,
    ce_time: time,
  });
  const args = headers.flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  await kcat([...produce, '-k', bare.service ?? '', ...args], `${JSON.stringify(data)}\n`);

  await expectShown(metrics, [whole, bare]);
});
