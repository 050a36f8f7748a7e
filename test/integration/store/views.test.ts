import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { measureNames, measures } from '../../../domain/metrics/measures.ts';
import { readStreams } from '../../../store/read/streams.ts';
import { rebuild } from '../../../store/rebuild/rebuild.ts';
import { migrateStore } from '../../../store/schema/migrate.ts';
import type { Database, Store } from '../../../store/schema/tables.ts';
import { engines, openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { empty, storeBatch } from '../../support/histories/store.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

const history = `
  05-18 09:00  change_merged       change=c1 team=red
  05-18 10:00  change_exposed      rollout=r1 change=c1 weight=5
  05-18 11:00  change_exposed      rollout=r1 change=c1 weight=100
  05-18 12:00  change_exposed      rollout=r2 change=c2 weight=10
  05-18 12:10  incident_detected   incident=i1
  05-18 12:20  change_rolled_back  rollout=r2 cause=automatic
  05-18 12:30  incident_resolved   incident=i1
  05-18 13:00  change_exposed      rollout=r3 change=c3
  05-18 14:00  change_exposed      rollout=r4 change=c1
  05-18 15:00  change_exposed      rollout=r5 change=c5 drill=true
  05-18 15:10  incident_detected   incident=i2 rollout=r3
  05-18 16:00  flag_changed        flag=dark-mode variant=on
  05-18 16:30  flag_changed        flag=lights variant=off service=unheard
  05-18 17:00  change_exposed      rollout=r6 change=c6 weight=25
`;
const events = eventsIn(history);
const [flag, half, full] = eventsIn(`${history}
  05-18 18:00  change_exposed      rollout=f1 change=c6 strategy=flag weight=1
  05-18 18:30  change_exposed      rollout=r6 change=c6 weight=50
  05-18 19:00  change_exposed      rollout=r6 change=c6 weight=100
`).slice(events.length);
const rebuilding = { attributionWindowMinutes: 60, sliceEvents: 3 };
const views = ['report_samples', 'report_rollouts', 'report_incidents', 'report_flag_changes'] as const;
type View = (typeof views)[number];

async function rowsOf(db: Store, view: View, order: string): Promise<Record<string, unknown>[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from ${sql.ref(view)} order by ${sql.raw(order)}`.execute(db);
  return rows.map(row => Object.fromEntries(Object.entries(row).map(spelled)));
}

/** The drivers give a time as PostgreSQL prints it in the session's zone. */
function spelled([column, value]: [string, unknown]): [string, unknown] {
  const isTime = /(^|_)at$/.test(column) && value !== null;
  return [column, isTime ? new Date(String(value)).toISOString() : value];
}

async function allOf(db: Store): Promise<Record<string, unknown>[][]> {
  const all: Record<string, unknown>[][] = [];
  for (const view of views)
    all.push(await rowsOf(db, view, view === 'report_samples' ? '1, 3, 4, 5, 6' : '1, 3, 4, 5'));
  return all;
}

describe.each(engines)('the views for readers on %s', engine => {
  let store: TestDatabase<Database>;
  let db: Store;
  beforeAll(async () => {
    store = await openTestStore(engine);
    db = store.db;
  });
  beforeEach(async () => {
    await empty(db);
    await storeBatch(db, events);
  });
  afterAll(() => store.close());

  test('list the rollouts that count', async () => {
    const rows = await rowsOf(db, 'report_rollouts', 'exposed_at');
    expect(rows.map(row => [row['rollout'], row['containment'], row['cause'], row['weight']])).toEqual([
      ['r1', null, null, 100],
      ['r2', 'contained', 'automatic', 10],
      ['r3', 'escaped', 'manual', 100],
      ['r6', null, null, 25],
    ]);
    expect(rows[1]).toEqual({
      service: 'checkout',
      team: 'red',
      environment: 'production',
      rollout: 'r2',
      exposed_at: '2026-05-18T12:00:00.000Z',
      full_at: null,
      rolled_back_at: '2026-05-18T12:20:00.000Z',
      containment: 'contained',
      cause: 'automatic',
      progressive: true,
      weight: 10,
      failed_exposure_seconds: 120,
    });
    expect(rows[2]).toMatchObject({ rolled_back_at: '2026-05-18T14:00:00.000Z' });
  });

  test('list incidents, open ones too, with the rollouts that they are attributed to', async () => {
    expect(await rowsOf(db, 'report_incidents', 'incident')).toMatchObject([
      {
        incident: 'i1',
        resolved_at: '2026-05-18T12:30:00.000Z',
        seconds: 1200,
        rollouts: 'r2',
        inferred: true,
      },
      { incident: 'i2', resolved_at: null, seconds: null, rollouts: 'r3', inferred: false },
    ]);
  });

  test('list flag changes, also of services without any other event', async () => {
    expect(await rowsOf(db, 'report_flag_changes', 'flag')).toMatchObject([
      { service: 'checkout', team: 'red', flag: 'dark-mode', variant: 'on', at: '2026-05-18T16:00:00.000Z' },
      { service: 'unheard', team: '', flag: 'lights', variant: 'off' },
    ]);
  });

  test('name every measure as the definitions do', async () => {
    await sql`delete from observation`.execute(db);
    const [stream] = await readStreams(db, ['checkout']);
    const all = measureNames.map((name, index) => ({ name, index, id: measures[name].id }));
    for (const { id, index } of all)
      await sql`insert into observation (stream_id, measure, subject, at, value)
        values (${stream?.id ?? 0}, ${id}, 1, 1500, ${index * 500})`.execute(db);
    expect(await rowsOf(db, 'report_samples', 'seconds')).toEqual(
      all.map(({ name: metric, index }) => ({
        service: 'checkout',
        team: 'red',
        environment: 'production',
        metric,
        at: '1970-01-01T00:00:01.500Z',
        seconds: index / 2,
      })),
    );
  });

  test('take the names of measures from the table that the definitions fill', async () => {
    const known = async () =>
      (await db.selectFrom('measure').selectAll().orderBy('id').execute()).map(row => ({ ...row }));
    const wanted = measureNames
      .map(name => ({ id: measures[name].id, name, role: measures[name].role }))
      .toSorted((a, b) => a.id - b.id);
    expect(await known()).toEqual(wanted);
    await db.updateTable('measure').set({ name: 'other', role: 'finding' }).where('id', '=', 0).execute();
    await migrateStore(db);
    expect(await known()).toEqual(wanted);
    await rebuild(db, rebuilding);
    expect(await known()).toEqual(wanted);
    const { rows } = await sql<{ text: string }>`
      select prosrc as text from pg_proc where proname in (${sql.join(views)})`.execute(db);
    expect(rows).toHaveLength(views.length);
    for (const { text } of rows) expect(text).not.toMatch(/measure\s*(=|in|\+)\s*\(?\s*\d|array\s*\[/);
  });

  test('stand as they were after a rebuild', async () => {
    const before = await allOf(db);
    expect(before.every(rows => rows.length > 0)).toBe(true);
    await rebuild(db, rebuilding);
    expect(await allOf(db)).toEqual(before);
  });

  test('are planned as part of the query: one service is found by its name', async () => {
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain select * from report_samples where service = 'checkout' and metric = 'escaped'`.execute(db);
    const plan = rows.map(row => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/service/);
    expect(plan).not.toMatch(/Function Scan/);
  });

  test('the newest rollout shows as partial while it has some of the traffic only', async () => {
    const partial = async () => (await readStreams(db, ['checkout'])).map(stream => stream.partialSince);
    expect(await partial()).toEqual([Date.UTC(2026, 4, 18, 17)]);
    for (const [event, since] of [
      [flag, '17:00'],
      [half, '18:30'],
    ] as const) {
      await storeBatch(db, event ? [event] : []);
      expect(await partial()).toEqual([Date.parse(`2026-05-18T${since}Z`)]);
    }
    await storeBatch(db, full ? [full] : []);
    expect(await partial()).toEqual([null]);
  });
});

describe.each(['postgres15', 'postgres18'] as const)('a reader of all data on %s', engine => {
  test('reads the views during a rebuild and after it', async () => {
    const store = await openTestStore(engine);
    const role = `reader_${process.pid}`;
    try {
      await storeBatch(store.db, events);
      await sql`create role ${sql.id(role)}`.execute(store.db);
      await sql`grant pg_read_all_data to ${sql.id(role)}`.execute(store.db);
      const asReader = () =>
        store.db.transaction().execute(async trx => {
          await sql`set local role ${sql.id(role)}`.execute(trx);
          return allOf(trx);
        });
      const before = await asReader();
      const rebuilt = rebuild(store.db, rebuilding);
      const meanwhile: unknown[] = [];
      let done = false;
      void rebuilt.finally(() => {
        done = true;
      });
      while (!done) meanwhile.push(await asReader());
      expect(await rebuilt).toBe(events.length);
      expect(await asReader()).toEqual(before);
      expect(meanwhile.every(seen => JSON.stringify(seen) === JSON.stringify(before))).toBe(true);
    } finally {
      await sql`drop role if exists ${sql.id(role)}`.execute(store.db);
      await store.close();
    }
  });
});
