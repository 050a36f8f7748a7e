import { expect, test } from 'vitest';
import type { IdentifiedEvent } from '../../../../domain/events/identity.ts';
import { messageOf } from '../../../../domain/events/message.ts';
import type { KafkaMessage, PartitionBatch } from '../../../../platform/kafka/consumer.ts';
import { silentLogger } from '../../../../platform/telemetry/log.ts';
import { Consumption, type EventStore, NotStorable } from '../../../../services/consumer/consume.ts';
import type { DeadLetter } from '../../../../services/consumer/dead-letters.ts';

const timestamp = Date.parse('2026-05-04T09:30:00Z');

function message(offset: number, value: string | null): KafkaMessage {
  return {
    key: Buffer.from('checkout'),
    value: value === null ? null : Buffer.from(value),
    timestamp: String(timestamp + offset),
    offset: String(offset),
    attributes: 0,
    headers: { 'my-header': Buffer.from([0xff]) },
  };
}

function eventMessage(offset: number): KafkaMessage {
  const event = {
    type: 'change_merged' as const,
    service: 'checkout',
    change: `c${offset}`,
    id: `e${offset}`,
    source: 'test',
    time: '2026-05-04T09:00:00.000Z',
  };
  return message(offset, messageOf({ event, digest: '' }).value);
}

/** A consumption with a fake store, and the events that it stored and the messages that became dead letters. */
function consumption(store?: (ids: readonly string[], receivedAt: number) => void) {
  const stored: string[][] = [];
  const buried: DeadLetter[] = [];
  let beats = 0;
  let isWanted = true;
  const eventStore: EventStore = {
    prepare: event => event,
    store: async (events: readonly IdentifiedEvent[], receivedAt) => {
      const ids = events.map(({ event }) => event.id);
      store?.(ids, receivedAt);
      stored.push(ids);
    },
  };
  const consuming = new Consumption({
    store: eventStore,
    deadLetters: { send: async (_batch, letters) => void buried.push(...letters) },
    observer: { stored: () => {}, dead: () => {} },
    logger: silentLogger,
    tracing: null,
    group: 'firstlight',
  });
  const take = (partition: number, messages: readonly KafkaMessage[]) => {
    const batch: PartitionBatch = {
      topic: 'events',
      partition,
      messages,
      heartbeat: async () => {
        beats += 1;
      },
      isRunning: () => isWanted,
    };
    return consuming.take(batch);
  };
  const leave = () => {
    isWanted = false;
  };
  return { consuming, take, stored, buried, leave, beats: () => beats };
}

test('batches that arrive during a transaction share the next one', async () => {
  const { take, stored } = consumption();
  await Promise.all([0, 1, 2].map(partition => take(partition, [eventMessage(partition)])));
  expect(stored).toEqual([['e0'], ['e1', 'e2']]);
});

test('unreadable messages become dead letters unchanged, and the others are stored', async () => {
  const { take, stored, buried } = consumption();
  const poison = message(1, '{');
  await take(0, [eventMessage(0), poison, eventMessage(2), message(3, null)]);
  expect(stored).toEqual([['e0', 'e2']]);
  expect(buried.map(({ reason }) => reason)).toEqual(['not_json', 'not_json']);
  expect(buried[0]?.message).toBe(poison);
});

test('an event that the store refuses is found and becomes a dead letter', async () => {
  const { take, stored, buried } = consumption(ids => {
    if (ids.includes('e5')) throw new NotStorable(new Error('too long for an index'));
  });
  await take(
    0,
    Array.from({ length: 9 }, (_, offset) => eventMessage(offset)),
  );
  expect(stored.flat().toSorted()).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e6', 'e7', 'e8']);
  expect(buried).toMatchObject([
    { message: { offset: '5' }, reason: 'not_storable', detail: 'too long for an index' },
  ]);
});

test('a consumption retries while the store is away, and is not ready meanwhile', async () => {
  let isAway = true;
  const { consuming, take, stored, buried, beats } = consumption(() => {
    if (isAway) throw new Error('ECONNREFUSED');
  });
  const taken = take(0, [eventMessage(0)]);
  await expect.poll(() => consuming.ready).toBe(false);
  await expect.poll(beats).toBeGreaterThan(0);
  isAway = false;
  await taken;
  expect(consuming.ready).toBe(true);
  expect(stored).toEqual([['e0']]);
  expect(buried).toEqual([]);
});

test('a batch that waits is given up if the consumer stops', async () => {
  const { take, leave } = consumption(() => {
    throw new Error('ECONNREFUSED');
  });
  const taken = take(0, [eventMessage(0)]);
  leave();
  await expect(taken).rejects.toThrow('stopping');
});

test('the time of receipt is that of the oldest message', async () => {
  const seen: number[] = [];
  const { take } = consumption((_ids, receivedAt) => seen.push(receivedAt));
  await take(0, [eventMessage(7), eventMessage(3)]);
  expect(seen).toEqual([timestamp + 3]);
});
