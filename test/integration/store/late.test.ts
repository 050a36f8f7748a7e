import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SentEvent } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../../domain/events/identity.ts';
import { formatTime } from '../../../domain/events/time.ts';
import type { Database, Store } from '../../../store/schema/tables.ts';
import { dump } from '../../support/databases/dump.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { now } from '../../support/histories/histories.ts';
import { differences } from '../../support/histories/series.ts';
import { empty, expected, scraped, storeBatch } from '../../support/histories/store.ts';
import { runs } from '../../support/run/properties.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

let store: TestDatabase<Database>;
let whole: TestDatabase<Database>;
let db: Store;
beforeAll(async () => {
  [store, whole] = await Promise.all([openTestStore('pglite'), openTestStore('pglite')]);
  db = store.db;
});
beforeEach(() => Promise.all([empty(db), empty(whole.db)]));
afterAll(() => Promise.all([store.close(), whole.close()]));

/** Stored one after the other, events end in the same rows as stored at once, and in the defined numbers. */
async function expectSame(events: readonly IdentifiedEvent[], entriesMax?: number): Promise<void> {
  for (const event of events) await storeBatch(db, [event], entriesMax === undefined ? {} : { entriesMax });
  const wanted = expected(events.map(({ event }) => event));
  expect(differences(await scraped(db), wanted)).toEqual([]);
  await storeBatch(whole.db, events);
  expect(await rowsOf(db)).toEqual(await rowsOf(whole.db));
}

/** Every derived row, without which return rolled it back: of two at one time it may be either. */
async function rowsOf(of: Store): Promise<Record<string, unknown[]>> {
  const { rollout = [], ...tables } = await dump(of);
  return { ...tables, rollout: rollout.map(row => String(row).replace(/"returned_by":"[^"]*"/, '')) };
}

describe('reported late,', () => {
  test('full traffic is full traffic for the changes that a rollout carries without naming them', () =>
    expectSame(
      eventsIn(`
        05-18 00:00  change_merged   change=c1
        05-18 01:00  change_exposed  change=c1
        05-18 02:00  change_merged   change=c2
        05-18 03:00  change_merged   change=c3
        05-18 04:00  change_exposed  change=c3 weight=5
        05-18 06:00  change_exposed  change=c3 weight=100`),
    ));

  test('a head that is gone changes what the next ones carry, however far they are loaded at once', () => {
    const merges = Array.from({ length: 20 }, (_, index) => {
      const hour = String(index).padStart(2, '0');
      return `05-17 ${hour}:00  change_merged  change=c${index}`;
    });
    // After r1, nothing is carried up to r2; without it, r2 carries all but c0.
    const rollouts = Array.from({ length: 17 }, (_, index) => {
      const hour = String(index + 2).padStart(2, '0');
      return `05-18 ${hour}:00  change_exposed  change=unknown-${index}`;
    });
    return expectSame(
      eventsIn(`
        ${merges.join('\n')}
        05-18 00:00  change_exposed  rollout=r0 change=c0
        05-18 01:00  change_exposed  rollout=r1 change=c18
        ${rollouts.join('\n')}
        05-18 22:00  change_exposed  rollout=r2 change=c17
        05-18 23:00  change_rolled_back  rollout=r1 drill=true`),
    );
  });

  test('an exposure more than 30 days earlier leaves a gap that undoes a return', () =>
    expectSame(
      eventsIn(`
        05-17 12:30  change_exposed  rollout=r1 change=c2 changes=c1
        05-17 12:30  change_exposed  rollout=r2 change=c1
        05-17 16:00  change_exposed  rollout=r3 change=c2
        04-17 12:30  change_exposed  rollout=r2 change=c1`),
    ));
});

test('a version comes back to the last rollout of its name that stands, however many there are', async () => {
  const april = ['04-01', '04-02', '04-03', '04-04', '04-05', '04-06'];
  const may = ['05-10', '05-11', '05-12', '05-13'];
  const named = (day: string, change: string) =>
    `${day} 12:00  change_exposed  rollout=${day} change=${change}`;
  // The first return rolls back those of May, so that the second one comes back to the last one of April.
  const events = eventsIn(`
    ${named('03-30', 'other')}
    ${[...april, ...may].map(day => named(day, 'main')).join('\n')}
    ${named('05-15', 'other')}
    ${named('05-16', 'main')}`);
  await storeBatch(db, events.slice(0, -2), { entriesMax: 2 });
  await storeBatch(db, events.slice(-2), { entriesMax: 2 });
  expect(differences(await scraped(db), expected(events.map(({ event }) => event)))).toEqual([]);
  const { rows } = await sql`select name from rollout where is_return order by name`.execute(db);
  expect(rows).toEqual([{ name: '05-15' }, { name: '05-16' }]);
});

/** One stream of few names, in half hours and at the edge of a return's reach. */
const halfHour = 1_800_000;
const day = 86_400_000;
const time = fc.constantFrom(
  ...Array.from({ length: 10 }, (_, index) => now - 3 * day + index * halfHour),
  ...[33 * day, 33 * day - halfHour, 33 * day - halfHour + 1, 34 * day].map(ago => now - ago),
);
const change = fc.constantFrom('c1', 'c2', 'c3', 'c4');
const rollout = fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5', 'r6');
const rarely = (value: unknown, oneIn: number) =>
  fc.integer({ min: 1, max: oneIn }).map(drawn => (drawn === 1 ? value : undefined));
const reported = (type: SentEvent['type'], arbitraries: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ ...arbitraries, at: time }).map(({ at, ...fields }) => {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    return { type, service: 'checkout', time: formatTime(at), ...Object.fromEntries(given) };
  });
const stream = fc.oneof(
  { weight: 2, arbitrary: reported('change_merged', { change, artifact: rarely('c1', 4) }) },
  {
    weight: 7,
    arbitrary: reported('change_exposed', {
      change,
      rollout,
      weight: rarely(5, 4),
      drill: rarely(true, 12),
      strategy: rarely('flag', 10),
    }),
  },
  { weight: 1, arbitrary: reported('change_rolled_back', { rollout, drill: rarely(true, 4) }) },
  {
    weight: 1,
    arbitrary: reported('incident_detected', { incident: fc.constant('i1'), change: rarely('c2', 2) }),
  },
);

test('one event after the other ends as all of them at once, for one stream of few names', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stream, { minLength: 6, maxLength: 16, size: 'max' }),
      fc.constantFrom(1, 2, 16),
      async (sent, entriesMax) => {
        await Promise.all([empty(db), empty(whole.db)]);
        const events = sent.map((fields, index) =>
          identify({ ...fields, id: `e${index}`, source: 'test' } as unknown as SentEvent, 'test', now),
        );
        await expectSame(events, entriesMax);
      },
    ),
    { numRuns: runs(15) },
  );
});
