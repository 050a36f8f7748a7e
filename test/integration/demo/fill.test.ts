import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { fill } from '../../../demo/fill.ts';
import { plotAt, story } from '../../../demo/story/plot.ts';
import { identify } from '../../../domain/events/identity.ts';
import { windows } from '../../../domain/metrics/definitions.ts';
import { measureNames, measureOf } from '../../../domain/metrics/measures.ts';
import { reference } from '../../../domain/reference.ts';
import { emptyDemo, isDemo, readDemoMark } from '../../../store/schema/demo-mark.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { now } from '../../support/histories/histories.ts';
import { differences } from '../../support/histories/series.ts';
import { scraped, storeBatch } from '../../support/histories/store.ts';

const day = 86_400_000;
const size = { seed: 1, services: 8, weeks: 10 };

describe.each(['pglite', 'postgres18'] as const)('on %s', engine => {
  let store: TestDatabase<Database>;
  beforeEach(async () => {
    await store?.close();
    store = await openTestStore(engine);
  });
  afterAll(() => store.close());

  const eventsStored = async () => {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from event`.execute(store.db);
    return rows[0]?.count;
  };

  test('a filled database shows the numbers that the definitions give for the story', async () => {
    const stored = await fill(store.db, { now, ...size });
    const events = [...story(plotAt(now, size), 0, now)].flat();
    const expected = reference(
      events.map(event => identify(event, event.source, now).event),
      { now, windowDays: windows, attributionWindowMs: 3_600_000 },
    );
    expect(differences(await scraped(store.db), expected)).toEqual([]);
    expect(await eventsStored()).toBe(stored);
    expect(await isDemo(store.db)).toBe(true);
  });

  test('every measure, every finding and a conflict occurs', async () => {
    await fill(store.db, { now, ...size });
    const { rows } = await sql<{ measure: number }>`
      select distinct measure::int as measure from observation where at > ${now - 90 * day}`.execute(
      store.db,
    );
    const shown = rows.map(({ measure }) => measureOf(measure));
    expect(measureNames.filter(measure => !shown.includes(measure))).toEqual([]);
    expect((await sql`select key from conflict`.execute(store.db)).rows).not.toEqual([]);
    const series = await scraped(store.db);
    const open = [...series].filter(([name, value]) => name.startsWith('dora_open_incidents{') && value > 0);
    expect(open).not.toEqual([]);
  });

  test('a second fill continues where the first one ended', async () => {
    await fill(store.db, { now: now - 3 * day, ...size });
    const before = (await eventsStored()) ?? 0;
    const mark = await readDemoMark(store.db);
    expect(await fill(store.db, { now: now - 3 * day })).toBe(0);
    const more = await fill(store.db, { now });
    expect(more).toBeGreaterThan(20);
    expect(await eventsStored()).toBe(before + more);
    expect(await readDemoMark(store.db)).toEqual({ ...mark, filledTo: now });
  });

  test('the next fill completes an interrupted one', async () => {
    const stopping = new AbortController();
    await fill(store.db, { now, ...size, signal: stopping.signal, onProgress: () => stopping.abort() });
    expect((await readDemoMark(store.db))?.filledTo).toBeNull();
    await fill(store.db, { now });
    const all = [...story(plotAt(now, size), 0, now)].flat();
    expect(await eventsStored()).toBe(new Set(all.map(({ source, id }) => `${source} ${id}`)).size);
  });

  test('a database with other events is not changed', async () => {
    const real = { type: 'change_exposed', service: 'real', change: 'one' } as const;
    await storeBatch(store.db, [identify(real, 'ci', now)]);
    await expect(fill(store.db, { now, ...size })).rejects.toThrow(/must not mix/);
    expect(await isDemo(store.db)).toBe(false);
    await expect(emptyDemo(store.db, 60)).rejects.toThrow(/none/);
    expect(await eventsStored()).toBe(1);
  });

  test('another demo is stored only after the database was emptied', async () => {
    await fill(store.db, { now, seed: 1, services: 1, weeks: 8 });
    await expect(fill(store.db, { now, services: 2 })).rejects.toThrow(/--services 1, not 2: add --fresh/);
    await emptyDemo(store.db, 60);
    expect(await eventsStored()).toBe(0);
    expect(await store.db.selectFrom('measure').selectAll().execute()).toHaveLength(measureNames.length);
    expect(await fill(store.db, { now, seed: 1, services: 2, weeks: 8 })).toBeGreaterThan(0);
  });
});
