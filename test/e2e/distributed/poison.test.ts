import { Kafka, logLevel, type Message } from 'kafkajs';
import { expect, test } from 'vitest';
import { shown } from '../../support/histories/shown.ts';
import { readTopic } from '../../support/kafka/reading.ts';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { expectAllStored, Load } from '../../support/product/load.ts';

const partitions = [0, 1, 2, 3, 4, 5];
const bytes = (...values: readonly number[]) => Buffer.from(values);

/** Messages that become dead letters, with the reason of each. */
const poison: Readonly<Record<string, { readonly reason: string; readonly message: Message }>> = {
  'no JSON': {
    reason: 'not_json',
    message: { key: 'checkout', value: '{"type":', headers: { ce_id: 'a', binary: bytes(0, 255, 254) } },
  },
  'no event': { reason: 'not_an_event', message: { key: null, value: ' {"type": "change_merged"}' } },
  'no value': {
    reason: 'not_json',
    message: { key: bytes(200, 0, 1), value: null, headers: { twice: ['1', '2'] } },
  },
  'wrong UTF-8': { reason: 'not_json', message: { key: '', value: bytes(0x7b, 0xc3, 0x28, 0x7d) } },
  'text that PostgreSQL cannot hold': {
    reason: 'not_an_event',
    message: {
      value: '{"type":"change_merged","service":"a\\u0000b","change":"c"}',
      timestamp: '1700000000000',
    },
  },
};

test('a poison message in each partition becomes an unchanged dead letter, and the others are stored', async () => {
  await using run = await prepareDistributed();
  const collector = await run.start('collector');
  const [metrics, ...consumers] = await Promise.all([
    run.start('metrics'),
    run.start('consumer'),
    run.start('consumer'),
  ]);
  await using load = new Load(() => [collector]);
  await load.more(100);
  const producer = new Kafka({ brokers: [run.brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const put = new Map<string, { readonly message: Message; readonly reason: string }>();
  for (const each of Object.values(poison)) {
    const messages = partitions.map(partition => ({ ...each.message, partition }));
    for (const { partition, baseOffset } of await producer.send({ topic: run.topic, messages }))
      put.set(`${run.topic}/${partition}/${baseOffset}`, each);
    await load.more(50);
  }
  await producer.disconnect();
  await load.finish();
  await expectAllStored(run, load, metrics, { deadLetters: put.size });

  expect(put.size).toBe(30);
  for (const letter of await readTopic(run.brokers, `${run.topic}.dlq`)) {
    const { dlq_reason, dlq_detail, dlq_topic, dlq_partition, dlq_offset, ...headers } = letter.headers ?? {};
    const place = `${dlq_topic}/${dlq_partition}/${dlq_offset}`;
    const { message, reason } = put.get(place) ?? {};
    expect(put.delete(place)).toBe(true);
    expect(String(dlq_reason)).toBe(reason);
    expect(String(dlq_detail)).not.toBe('');
    expect(letter.key).toEqual(asBytes(message?.key));
    expect(letter.value).toEqual(asBytes(message?.value));
    expect(headers).toEqual(headerBytes(message?.headers));
    if (message?.timestamp !== undefined) expect(letter.timestamp).toBe(message.timestamp);
  }
  expect([...put]).toEqual([]);

  const count = async (reason: string) => {
    const series = `firstlight_dead_letters_total{reason="${reason}"}`;
    const counts = await Promise.all(consumers.map(each => shown(each, series)));
    return counts.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  };
  expect({ not_json: await count('not_json'), not_an_event: await count('not_an_event') }).toEqual({
    not_json: 18,
    not_an_event: 12,
  });
});

const asBytes = (value: string | Buffer | null | undefined) =>
  value === null || value === undefined ? null : Buffer.from(value);

function headerBytes(headers: Message['headers'] = {}): Record<string, unknown> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(asBytes) : asBytes(value),
  ]);
  return Object.fromEntries(entries);
}
