import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../../store/schema/tables.ts';
import {
  type ChangeNotification,
  changeChannel,
  type Invalidation,
  notify,
  parseChangeNotification,
} from '../../../store/write/change-notification.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { waitFor } from '../../support/product/process.ts';

let store: TestDatabase<Database>;
let listener: Client;
const received: ChangeNotification[] = [];

beforeAll(async () => {
  store = await openTestStore('postgres15');
  listener = new Client({ connectionString: store.url ?? '' });
  await listener.connect();
  listener.on('notification', ({ payload }) => received.push(parseChangeNotification(payload ?? null)));
  await listener.query(`listen ${changeChannel}`);
});
afterAll(async () => {
  await listener.end();
  await store.close();
});

async function notified(notification: ChangeNotification): Promise<ChangeNotification[]> {
  received.length = 0;
  await store.db.transaction().execute(trx => notify(trx, notification));
  await waitFor(() => received.some(({ receivedAt }) => receivedAt === notification.receivedAt));
  return received;
}

const services = (count: number): Invalidation =>
  new Map(Array.from({ length: count }, (_, index) => [`the “${'x'.repeat(40)}” service ${index}`, index]));

test('a few services fit into one notification', async () => {
  const notification = {
    invalidated: new Map([...services(3), ['without an observation', Infinity]]),
    receivedAt: 17,
    trace: { traceparent: '00-1-2-01' },
  };
  expect(await notified(notification)).toEqual([notification]);
});

test('more services come in several notifications, and the time of the oldest event comes once', async () => {
  const notifications = await notified({ invalidated: services(1_000), receivedAt: 18 });
  expect(notifications.length).toBeGreaterThan(1);
  expect(notifications.flatMap(({ invalidated }) => [...(invalidated ?? [])])).toEqual([...services(1_000)]);
  expect(notifications.map(({ receivedAt }) => receivedAt)).toEqual([
    ...Array<null>(notifications.length - 1).fill(null),
    18,
  ]);
});

test('far too many services become any service', async () => {
  expect(await notified({ invalidated: services(10_000), receivedAt: 19 })).toEqual([
    { invalidated: null, receivedAt: 19 },
  ]);
});

test('a rebuild may have invalidated any service', async () => {
  expect(await notified({ invalidated: null, receivedAt: null })).toEqual([
    { invalidated: null, receivedAt: null },
  ]);
});
