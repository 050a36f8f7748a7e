import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SentEvent } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../../domain/events/identity.ts';
import type { Database } from '../../../store/schema/tables.ts';
import type { Outcome } from '../../../store/write/store-events.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { findingsOf } from '../../support/histories/findings.ts';
import { now } from '../../support/histories/histories.ts';
import { differences } from '../../support/histories/series.ts';
import { empty, expected, scraped, storeBatch } from '../../support/histories/store.ts';

/** What the client `ci` sent, an hour before the numbers are looked at. */
const sent = (fields: Partial<SentEvent>): IdentifiedEvent =>
  identify(
    {
      type: 'change_exposed',
      service: 'checkout',
      change: 'c1',
      time: '2026-05-20T11:00:00Z',
      ...fields,
    } as SentEvent,
    'ci',
    now,
  );

const first = sent({ id: 'x', weight: 5 });
const second = sent({ id: 'x', weight: 100 });
const third = sent({ id: 'x', service: 'search' });

describe.each(['pglite', 'postgres15'] as const)('on %s', engine => {
  let store: TestDatabase<Database>;
  beforeAll(async () => {
    store = await openTestStore(engine);
  });
  beforeEach(() => empty(store.db));
  afterAll(() => store.close());

  const storeAll = async (...batches: IdentifiedEvent[][]): Promise<Pick<Outcome, Counted>[]> => {
    const outcomes: Pick<Outcome, Counted>[] = [];
    for (const batch of batches) {
      const { stored, repeated, conflicting } = await storeBatch(store.db, batch);
      outcomes.push({ stored, repeated, conflicting });
    }
    return outcomes;
  };
  type Counted = 'stored' | 'repeated' | 'conflicting';
  const bodies = async (table: 'event' | 'conflict') => {
    const rows = await store.db.selectFrom(table).select('body').execute();
    return rows.map(({ body }) => JSON.stringify(body)).sort();
  };
  const written = (...events: IdentifiedEvent[]) => events.map(({ event }) => JSON.stringify(event)).sort();
  const expectOnly = async (...standing: IdentifiedEvent[]) => {
    const events = standing.map(({ event }) => event);
    expect(await bodies('event')).toEqual(written(...standing));
    expect(differences(await scraped(store.db), expected(events))).toEqual([]);
  };

  test('of three contents of one identity in one batch, the first stands and the others are conflicts', async () => {
    expect(await storeAll([first, second, third])).toEqual([{ stored: 1, repeated: 0, conflicting: 2 }]);
    await expectOnly(first);
    expect(await bodies('conflict')).toEqual(written(second, third));
    expect(await findingsOf(store.db)).toMatchObject({ conflicting_repeat: 2 });
  });

  test('of three contents of one identity in three batches, the first stored stands', async () => {
    expect(await storeAll([second], [first], [third])).toEqual([
      { stored: 1, repeated: 0, conflicting: 0 },
      { stored: 0, repeated: 0, conflicting: 1 },
      { stored: 0, repeated: 0, conflicting: 1 },
    ]);
    await expectOnly(second);
    expect(await findingsOf(store.db)).toMatchObject({ conflicting_repeat: 2 });
  });

  test('a conflicting content that comes again is reported once, and the standing one is a repeat for ever', async () => {
    expect(await storeAll([first, second, second, first], [second, first, third])).toEqual([
      { stored: 1, repeated: 1, conflicting: 2 },
      { stored: 0, repeated: 1, conflicting: 2 },
    ]);
    await expectOnly(first);
    expect(await findingsOf(store.db)).toMatchObject({ conflicting_repeat: 2 });
  });

  test('a conflict has the time at which it first came in', async () => {
    await storeBatch(store.db, [first], { receivedAt: now - 3 });
    await storeBatch(store.db, [second], { receivedAt: now - 2 });
    await storeBatch(store.db, [second], { receivedAt: now - 1 });
    const rows = await store.db.selectFrom('conflict').select('received_at').execute();
    expect(rows).toEqual([{ received_at: now - 2 }]);
  });

  test('a conflict in the far part of a large batch is one with the first stored of the near part', async () => {
    const others = Array.from({ length: 1_200 }, (_, index) =>
      sent({ type: 'change_created', change: `c${index}`, id: `other ${index}` }),
    );
    expect(await storeAll([first, ...others, second, first])).toEqual([
      { stored: 1_201, repeated: 1, conflicting: 1 },
    ]);
    await expectOnly(first, ...others);
  });

  test('an event without an id that is sent twice is one event, whenever it came in', async () => {
    const fields: SentEvent = { type: 'change_exposed', service: 'checkout', change: 'c1' };
    const once = identify(fields, 'ci', now - 60_000);
    const again = identify({ ...fields }, 'ci', now - 1_000);
    expect(await storeAll([once], [again], [again, once])).toEqual([
      { stored: 1, repeated: 0, conflicting: 0 },
      { stored: 0, repeated: 1, conflicting: 0 },
      { stored: 0, repeated: 2, conflicting: 0 },
    ]);
    await expectOnly(once);
    expect(await findingsOf(store.db)).not.toHaveProperty('conflicting_repeat');
  });

  test('one id of two sources is two events', async () => {
    const other = sent({ id: 'x', source: 'argo', rollout: 'r2' });
    expect(await storeAll([first, other], [other])).toEqual([
      { stored: 2, repeated: 0, conflicting: 0 },
      { stored: 0, repeated: 1, conflicting: 0 },
    ]);
    await expectOnly(first, other);
  });

  test('source and id are distinct, however they are cut', async () => {
    const pair = [sent({ source: 'a', id: 'b:c' }), sent({ source: 'a:b', id: 'c', rollout: 'r2' })];
    expect(await storeAll(pair)).toEqual([{ stored: 2, repeated: 0, conflicting: 0 }]);
    await expectOnly(...pair);
  });

  test('a batch of repeats only invalidates no service', async () => {
    await storeBatch(store.db, [first]);
    expect(await storeBatch(store.db, [first, second, third])).toMatchObject({ invalidated: new Map() });
  });
});
