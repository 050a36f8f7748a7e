import { describe, expect, test } from 'vitest';
import { rebuild } from '../../../store/rebuild/rebuild.ts';
import { migrateStore } from '../../../store/schema/migrate.ts';
import { type Database, derivedTables } from '../../../store/schema/tables.ts';
import { dump } from '../../support/databases/dump.ts';
import {
  formerNames,
  insertRows,
  migrateUpTo,
  type Row,
  rowsOf,
  rowsUnderFormerNames,
} from '../../support/databases/earlier-schema.ts';
import {
  engines,
  freshDatabase,
  openTestStore,
  type TestDatabase,
} from '../../support/databases/test-store.ts';
import { storeBatch } from '../../support/histories/store.ts';
import { eventsIn } from '../../support/scenarios/scenario.ts';

const events = eventsIn(`
  05-18 08:50  change_created      change=c1
  05-18 09:00  change_merged       change=c1 artifact=a1 team=red
  05-18 10:00  change_exposed      rollout=r1 artifact=a1 weight=5
  05-18 11:00  change_exposed      rollout=r1 artifact=a1 weight=100
  05-18 12:00  change_exposed      rollout=r2 change=c2 weight=10
  05-18 12:10  incident_detected   incident=i1
  05-18 12:20  change_rolled_back  rollout=r2 cause=automatic
  05-18 12:30  incident_resolved   incident=i1
  05-18 13:00  change_exposed      rollout=r3 change=c3
  05-18 14:00  change_exposed      rollout=r4 artifact=a1
  05-18 15:00  change_exposed      rollout=r5 change=c5 drill=true
  05-18 15:10  incident_detected   incident=i2 rollout=r3 change=c3
  05-18 16:00  flag_changed        flag=dark-mode variant=on
  05-18 17:00  change_exposed      rollout=r6 change=c6 weight=25 environment=staging
  05-18 18:00  change_exposed      rollout=r7 change=c7
  05-18 18:10  change_rolled_back  rollout=r7
`);
const later = 14;
const other = { ...events.slice(0, 1)[0], digest: 'f'.repeat(64) } as (typeof events)[number];
const views = ['report_samples', 'report_rollouts', 'report_incidents', 'report_flag_changes'];

async function rowsByName<T>(
  { db }: TestDatabase<T>,
  names: readonly string[],
): Promise<Record<string, Row[]>> {
  const rows: Record<string, Row[]> = {};
  for (const name of names) rows[name] = await rowsOf(db, name);
  return rows;
}

describe.each(engines)('a store from before the vocabulary, on %s,', engine => {
  test('has the same rows and answers under the new names, and goes on', async () => {
    const fresh = await openTestStore(engine);
    await storeBatch(fresh.db, [...events.slice(0, later), other]);
    const former = await rowsUnderFormerNames(fresh.db);
    expect(Object.keys(formerNames)).toEqual(expect.arrayContaining([...derivedTables]));
    expect(Object.values(former).filter(rows => rows.length === 0)).toHaveLength(1); // of settings

    const old = await freshDatabase<Database>(engine);
    await migrateUpTo(old.db, '2026-11-30-vocabulary');
    await insertRows(old.db, former);
    const answers = await rowsByName(old, views);
    expect(answers).toEqual(await rowsByName(fresh, views));
    expect(Object.values(answers).every(rows => rows.length > 0)).toBe(true);

    await migrateStore(old.db);
    const tables = Object.keys(formerNames);
    expect(await rowsByName(old, tables)).toEqual(await rowsByName(fresh, tables));
    expect(await dump(old.db)).toEqual(await dump(fresh.db));
    expect(await rowsByName(old, views)).toEqual(answers);

    for (const store of [old, fresh]) await storeBatch(store.db, events);
    expect(await rowsByName(old, tables)).toEqual(await rowsByName(fresh, tables));
    const before = await dump(fresh.db);
    expect(await rebuild(old.db, { attributionWindowMinutes: 60 })).toBe(events.length);
    expect(await dump(old.db)).toEqual(before);
    expect(await rowsByName(old, views)).toEqual(await rowsByName(fresh, views));
    await old.close();
    await fresh.close();
  });
});
