import { sql } from 'kysely';
import { agreeOnAttributionWindow } from './settings.ts';
import type { Store } from './tables.ts';

/** How a sample record came to be, so that it can go on. Moments are milliseconds since 1970. */
export interface DemoMark {
  readonly seed: number;
  /** Where its story begins. */
  readonly since: number;
  readonly services: number;
  readonly weeks: number;
  /** The story is stored up to here, this moment included; null: not all of its past is. */
  readonly filledTo: number | null;
}

const name = 'sample';

/** What the record says of itself as a sample; null: it is none. */
export async function readDemoMark(db: Store): Promise<DemoMark | null> {
  const row = await db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst();
  return row ? (JSON.parse(row.value) as DemoMark) : null;
}

/** Whether what is in the record was made up. */
export async function isDemo(db: Store): Promise<boolean> {
  return (await readDemoMark(db)) !== null;
}

export async function saveDemoMark(db: Store, mark: DemoMark): Promise<void> {
  const value = JSON.stringify(mark);
  await sql`
    insert into setting (name, value) values (${name}, ${value})
    on conflict (name) do update set value = excluded.value`.execute(db);
}

/** Whether any event is in the record. */
export async function holdsEvents(db: Store): Promise<boolean> {
  return (await db.selectFrom('event').select('seq').limit(1).executeTakeFirst()) !== undefined;
}

/**
 * Empties a record that is a sample, its mark included.
 * @throws {Error} when it is none
 */
export async function emptyDemo(db: Store, attributionWindowMinutes: number): Promise<void> {
  if (!(await isDemo(db))) throw new Error('Only a sample record is emptied; this one is none.');
  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables
    where schemaname = current_schema() and tablename not like 'kysely%'`.execute(db);
  const names = tables.rows.map(row => sql.ref(row.name));
  await sql`truncate ${sql.join(names)} restart identity`.execute(db);
  await agreeOnAttributionWindow(db, attributionWindowMinutes);
}
