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
const heard: ChangeNotification[] = [];

beforeAll(async () => {
  store = await openTestStore('postgres15');
  listener = new Client({ connectionString: store.url ?? '' });
  await listener.connect();
  listener.on('notification', ({ payload }) => heard.push(parseChangeNotification(payload ?? null)));
  await listener.query(`listen ${changeChannel}`);
});
afterAll(async () => {
  await listener.end();
  await store.close();
});

async function told(wake: ChangeNotification): Promise<ChangeNotification[]> {
  heard.length = 0;
  await store.db.transaction().execute(trx => notify(trx, wake));
  await waitFor(() => heard.some(({ receivedAt }) => receivedAt === wake.receivedAt));
  return heard;
}

const services = (count: number): Invalidation =>
  new Map(Array.from({ length: count }, (_, index) => [`the “${'x'.repeat(40)}” service ${index}`, index]));

test('a few services fit into one notification', async () => {
  const wake = {
    invalidated: new Map([...services(3), ['without a sample', Infinity]]),
    receivedAt: 17,
    trace: { traceparent: '00-1-2-01' },
  };
  expect(await told(wake)).toEqual([wake]);
});

test('more services come in several notifications, and when they were accepted comes once', async () => {
  const wakes = await told({ invalidated: services(1_000), receivedAt: 18 });
  expect(wakes.length).toBeGreaterThan(1);
  expect(wakes.flatMap(({ invalidated }) => [...(invalidated ?? [])])).toEqual([...services(1_000)]);
  expect(wakes.map(({ receivedAt }) => receivedAt)).toEqual([
    ...Array<null>(wakes.length - 1).fill(null),
    18,
  ]);
});

test('far too many services are any', async () => {
  expect(await told({ invalidated: services(10_000), receivedAt: 19 })).toEqual([
    { invalidated: null, receivedAt: 19 },
  ]);
});

test('a rebuild may have invalidated any', async () => {
  expect(await told({ invalidated: null, receivedAt: null })).toEqual([
    { invalidated: null, receivedAt: null },
  ]);
});
