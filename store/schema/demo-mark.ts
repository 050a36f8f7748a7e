import { sql } from 'kysely';
import { statement } from '../sql/statement.ts';
import { agreeOnAttributionWindow } from './settings.ts';
import type { Store } from './tables.ts';

/** How the demo's story was made, so that it can go on. Times are milliseconds since 1970. */
export interface DemoMark {
  readonly seed: number;
  /** When the story begins. */
  readonly since: number;
  readonly services: number;
  readonly weeks: number;
  /** The story is stored up to this time, included; null: not all of the past is stored yet. */
  readonly filledTo: number | null;
}

/** The name of the setting; older databases have it too. */
const name = 'sample';

/** The mark of a demo's database; null: it is no demo's. */
export async function readDemoMark(db: Store): Promise<DemoMark | null> {
  const found = await statement<{ value: string }>('demo-mark.read')`
    select value from setting where name = ${name}`.execute(db);
  const [row] = found.rows;
  return row ? (JSON.parse(row.value) as DemoMark) : null;
}

/** Whether the data in the store was made up. */
export async function isDemo(db: Store): Promise<boolean> {
  return (await readDemoMark(db)) !== null;
}

export async function saveDemoMark(db: Store, mark: DemoMark): Promise<void> {
  const value = JSON.stringify(mark);
  await statement('demo-mark.save')`
    insert into setting (name, value) values (${name}, ${value})
    on conflict (name) do update set value = excluded.value`.execute(db);
}

/** Whether the store has any event. */
export async function holdsEvents(db: Store): Promise<boolean> {
  const found = await statement('events.any')`select seq from event limit 1`.execute(db);
  return found.rows.length > 0;
}

/**
 * Deletes everything from a demo's database, its mark included; the names of measures stay.
 * @throws {Error} when it is no demo's
 */
export async function emptyDemo(db: Store, attributionWindowMinutes: number): Promise<void> {
  if (!(await isDemo(db))) throw new Error('Only a demo’s database is emptied; this one is none.');
  const tables = await statement<{ name: string }>('demo.tables')`
    select tablename as name from pg_tables
    where schemaname = current_schema() and tablename not like 'kysely%' and tablename <> 'measure'`.execute(
    db,
  );
  const names = tables.rows.map(row => sql.ref(row.name));
  await statement('demo.truncate')`truncate ${sql.join(names)} restart identity`.execute(db);
  await agreeOnAttributionWindow(db, attributionWindowMinutes);
}
