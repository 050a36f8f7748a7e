import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SentEvent } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../../domain/events/identity.ts';
import { memory, openPGlite } from '../../../platform/database/pglite.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { Unavailable } from '../../../services/collector/publish/publisher.ts';
import { StorePublisher } from '../../../services/standalone/store-publisher.ts';
import type { Database, Store } from '../../../store/schema/tables.ts';
import type { Outcome } from '../../../store/write/store-events.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { attributionWindowMs, empty } from '../../support/histories/store.ts';

let store: TestDatabase<Database>;
let publisher: StorePublisher;
/** What became of each transaction, with the moment at which its oldest events came in. */
let transactions: (Outcome & { readonly receivedAt: number })[];

beforeAll(async () => {
  store = await openTestStore('pglite');
});
afterAll(() => store.close());
beforeEach(async () => {
  await empty(store.db);
  transactions = [];
  publisher = publisherTo(store.db);
});
afterEach(() => publisher.drained());

function publisherTo(db: Store): StorePublisher {
  let clock = 1_000;
  return new StorePublisher({
    db,
    attributionWindowMs,
    now: () => clock++,
    onStored: (outcome, receivedAt) => transactions.push({ ...outcome, receivedAt }),
    logger: silentLogger,
  });
}

let next = 0;
function events(count: number, service = 'checkout'): IdentifiedEvent[] {
  return Array.from({ length: count }, () => {
    const sent: SentEvent = {
      type: 'change_merged',
      service,
      change: `c${next}`,
      id: `e${next++}`,
      source: 'test',
    };
    return identify(sent, 'test', Date.UTC(2026, 4, 20));
  });
}

const storedEvents = async () => (await store.db.selectFrom('event').select('seq').execute()).length;

describe('requests that come while a transaction runs', () => {
  test('share the next one', async () => {
    await Promise.all(Array.from({ length: 50 }, () => publisher.publish(events(2))));
    expect(transactions.map(({ stored }) => stored)).toEqual([2, 98]);
    expect(await storedEvents()).toBe(100);
  });

  test('are told of with the moment at which the oldest of them came in', async () => {
    await Promise.all(Array.from({ length: 5 }, () => publisher.publish(events(1))));
    expect(transactions.map(({ receivedAt }) => receivedAt)).toEqual([1_000, 1_001]);
  });

  test('are gathered up to 2,000 events; a larger request has a transaction of its own', async () => {
    const sizes = [1, 1_200, 800, 1, 2_500, 1_999];
    await Promise.all(sizes.map(size => publisher.publish(events(size))));
    expect(transactions.map(({ stored }) => stored)).toEqual([1, 2_000, 1, 2_500, 1_999]);
  });

  test('are stored though one among them cannot be', async () => {
    // The collector refuses such a name; the database cannot store it either.
    const impossible = events(1, 'a\u0000b');
    const outcomes = await Promise.allSettled([
      publisher.publish(events(1)),
      publisher.publish(events(1)),
      publisher.publish(impossible),
      publisher.publish(events(1)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await storedEvents()).toBe(3);
    await publisher.publish(events(1));
    expect(await storedEvents()).toBe(4);
  });
});

test('a request that is resolved is stored, a repeated one too, and only once', async () => {
  const batch = events(3);
  await publisher.publish(batch);
  expect(await storedEvents()).toBe(3);
  await publisher.publish(batch);
  expect(transactions.map(({ stored, repeated }) => [stored, repeated])).toEqual([
    [3, 0],
    [0, 3],
  ]);
  expect(await storedEvents()).toBe(3);
});

test('drained waits for everything that was taken', async () => {
  const taken = Array.from({ length: 20 }, () => publisher.publish(events(5)));
  await publisher.drained();
  expect(await storedEvents()).toBe(100);
  await Promise.all(taken);
});

describe('when the database is away', () => {
  beforeEach(async () => {
    const db = await openPGlite<Database>(memory);
    await db.destroy();
    publisher = publisherTo(db);
  });

  test('requests are refused for the sender to try again', async () => {
    const refused = await publisher.publish(events(1)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Unavailable);
    expect(refused).toMatchObject({ retryAfterSeconds: 5, message: 'the database is away' });
  });

  test('more than 50,000 waiting events are refused at once rather than kept', async () => {
    const batch = events(5_000);
    const outcomes = Array.from({ length: 11 }, () =>
      publisher.publish(batch).catch((error: unknown) => String(error)),
    );
    const last = await Promise.all(outcomes);
    expect(last.slice(0, 10).every(message => message?.includes('the database is away'))).toBe(true);
    expect(last[10]).toContain('too many events are waiting');
    // Room is made again.
    await expect(publisher.publish(batch)).rejects.toThrow('the database is away');
  });
});
