import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SentEvent } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../../domain/events/identity.ts';
import { isUnavailable } from '../../../platform/database/errors.ts';
import { openPostgres } from '../../../platform/database/postgres.ts';
import { rebuild } from '../../../store/rebuild/rebuild.ts';
import type { Database, Store } from '../../../store/schema/tables.ts';
import type { StatementName } from '../../../store/sql/statement.ts';
import type { Outcome } from '../../../store/write/store-events.ts';
import { dump } from '../../support/databases/dump.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { histories, now } from '../../support/histories/histories.ts';
import { differences } from '../../support/histories/series.ts';
import { empty, expected, scraped, storeBatch } from '../../support/histories/store.ts';
import { waitFor } from '../../support/product/process.ts';
import { runs } from '../../support/run/properties.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

const services = ['checkout', 'search', 'payments', 'stock', 'mail'];

/** Random histories, each moved to a service of its own choice, with identities of their own. */
const busy: readonly IdentifiedEvent[] = fc
  .sample(histories, { seed: 2026, numRuns: 14 })
  .flatMap((history, of) =>
    history.map(({ event }) => {
      const service = services[(of + (event.service === 'search' ? 1 : 0)) % services.length];
      const moved = { ...event, ...(event.service && service ? { service } : {}), id: `${of} ${event.id}` };
      return identify(moved, 'test', now);
    }),
  );

/** Pairs of events that claim one identity for two services at once. */
const contested: readonly (readonly [IdentifiedEvent, IdentifiedEvent])[] = Array.from(
  { length: 20 },
  (_, index) => {
    const claim = (service: string | undefined) =>
      identify(
        {
          type: 'change_exposed',
          service: service ?? 'checkout',
          rollout: `contested ${index}`,
          change: 'c1',
          time: new Date(now - index * 3_600_000).toISOString(),
          id: `contested ${index}`,
          source: 'test',
        } satisfies SentEvent,
        'test',
        now,
      );
    return [claim(services[index % 5]), claim(services[(index + 1) % 5])];
  },
);

/** The same disorder in every run of the test. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const [order] = fc.sample(fc.shuffledSubarray([...items], { minLength: items.length }), {
    seed,
    numRuns: runs(1),
  });
  return order ?? [];
}

function batchesOf(events: readonly IdentifiedEvent[], size: number): IdentifiedEvent[][] {
  const batches: IdentifiedEvent[][] = [];
  for (let from = 0; from < events.length; from += size) batches.push(events.slice(from, from + size));
  return batches;
}

async function storeAll(db: Store, batches: readonly IdentifiedEvent[][]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const batch of batches) outcomes.push(await storeBatch(db, batch));
  return outcomes;
}

const eventsOf = (events: readonly IdentifiedEvent[]) => events.map(({ event }) => event);
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

describe.each(['postgres15', 'postgres18'] as const)('on %s', engine => {
  let store: TestDatabase<Database>;
  let fresh: TestDatabase<Database>;
  let db: Store;
  beforeAll(async () => {
    [store, fresh] = await Promise.all([openTestStore(engine), openTestStore(engine)]);
    db = store.db;
  });
  beforeEach(() => Promise.all([empty(db), empty(fresh.db)]));
  afterAll(() => Promise.all([store.close(), fresh.close()]));

  /** Numbers as defined, and every row as in a store that got the same events at once. */
  const expectRight = async (events: readonly IdentifiedEvent[]) => {
    expect(differences(await scraped(db), expected(eventsOf(events)))).toEqual([]);
    await storeBatch(fresh.db, events);
    expect(await dump(db)).toEqual(await dump(fresh.db));
  };
  const connectAs = (applicationName: string) =>
    openPostgres<Database>(store.url ?? '', { connectionsMax: 1, applicationName });
  /** The process id of the connection of that name, once it waits for a lock in the statement of that name. */
  const waitingFor = (applicationName: string, statement: StatementName) =>
    waitFor(async () => {
      const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity
        where application_name = ${applicationName} and wait_event_type = 'Lock'
          and query like ${`%/* ${statement} */%`}`.execute(db);
      return rows[0]?.pid;
    });

  test('eight writers of the same services and events store each once, and the numbers are the definitions’', async () => {
    const writers = Array.from({ length: 8 }, (_, writer) => {
      const own = busy.filter((_event, index) => (index + writer) % 8 < 3);
      const claims = contested.map(pair => pair[writer % 2 === 0 ? 0 : 1]);
      return batchesOf(shuffled([...own, ...claims], writer), 5 + 9 * writer);
    });
    const outcomes = (await Promise.all(writers.map(batches => storeAll(db, batches)))).flat();
    expect(sum(outcomes.map(({ stored }) => stored))).toBe(busy.length + contested.length);
    expect(sum(outcomes.map(({ conflicting }) => conflicting))).toBe(4 * contested.length);

    const rows = await db.selectFrom('event').select('body').orderBy('seq').execute();
    const standing = new Map(rows.map(({ body }) => [body.id, JSON.stringify(body)]));
    const winners = contested.flatMap(pair =>
      pair.filter(({ event }) => standing.get(event.id) === JSON.stringify(event)),
    );
    expect(winners).toHaveLength(contested.length);
    const conflicts = await db.selectFrom('conflict').select('body').execute();
    expect(conflicts).toHaveLength(contested.length);
    await expectRight([...busy, ...winners]);
  });

  test('a writer killed in mid-transaction leaves nothing, and its batch can come again', async () => {
    const [earlier, batch] = [busy.slice(0, 150), busy.slice(100, 250)];
    await storeBatch(db, earlier);
    const before = await dump(db);
    const doomed = connectAs('doomed');
    const blocker = await db.startTransaction().execute();
    await sql`lock table observation in share mode`.execute(blocker);
    const failed = storeBatch(doomed, batch).catch((error: unknown) => error);
    const pid = await waitingFor('doomed', 'observations.of-changes');
    await sql`select pg_terminate_backend(${pid})`.execute(blocker);
    expect(isUnavailable(await failed)).toBe(true);
    await blocker.rollback().execute();
    expect(await dump(db)).toEqual(before);
    expect(await db.selectFrom('event').select('seq').execute()).toHaveLength(150);

    expect(await storeBatch(doomed, batch)).toMatchObject({ stored: 100, repeated: 50 });
    await doomed.destroy();
    await expectRight(busy.slice(0, 250));
  });

  test('a rebuild among writers ends in the same rows', async () => {
    const batches = batchesOf(shuffled(busy, 7), 7);
    const first = batches.splice(0, 20);
    await storeAll(db, first);
    const writers = [0, 1, 2].map(writer => batches.filter((_batch, index) => index % 3 === writer));
    const derived: number[] = [];
    const [total] = await Promise.all([
      rebuild(db, {
        attributionWindowMinutes: 60,
        sliceEvents: 20,
        onProgress: events => derived.push(events),
      }),
      ...writers.map(own => storeAll(db, own)),
    ]);
    expect(total).toBeGreaterThanOrEqual(140);
    expect(derived.length).toBeGreaterThan(2);
    await expectRight(busy);
  });

  test('a rebuild misses no event whose number is lower and whose commit is later than those that it read', async () => {
    const [slow, ...others] = eventsIn(`
      05-18 10:00  change_exposed  service=slow rollout=r1 change=c1
      05-18 11:00  change_exposed  rollout=r1 change=c1
      05-18 12:00  change_exposed  rollout=r2 change=c2
      05-18 13:00  change_exposed  rollout=r3 change=c3`);
    if (!slow) throw new Error('there is no event');
    const writer = connectAs('slow writer');
    const rebuilder = connectAs('rebuilder');
    // A stream that is not committed keeps the writer waiting after it has inserted its event.
    await sql`insert into service (name) values ('slow')`.execute(db);
    const blocker = await db.startTransaction().execute();
    await sql`insert into stream (service_id, environment) select id, 'production' from service`.execute(
      blocker,
    );
    const written = storeBatch(writer, [slow]);
    await waitingFor('slow writer', 'streams.insert');
    await storeBatch(db, others);
    const rebuilt = rebuild(rebuilder, { attributionWindowMinutes: 60, sliceEvents: 1 });
    await waitingFor('rebuilder', 'rebuild.wait-for-writers');
    await blocker.rollback().execute();
    await written;
    expect(await rebuilt).toBe(4);
    await Promise.all([writer.destroy(), rebuilder.destroy()]);
    await expectRight([slow, ...others]);
  });
});
