import { sql } from 'kysely';
import { Type } from 'typebox';
import type { Store, Transaction } from './tables.ts';

/** How the record is computed, for every process that writes to it. */
export const attributionSettings = {
  BLAME_WINDOW_MINUTES: Type.Integer({
    default: 60,
    minimum: 0,
    description: 'How long after an exposure an incident that names nothing is blamed on it',
  }),
};

const attributionWindow = 'blame_window_minutes';

/** The record was computed with another attribution window; the message says what to do. */
export class AttributionWindowDiffers extends Error {}

/**
 * Sees that the record is computed with one attribution window: a new record takes the wanted one.
 * @throws {AttributionWindowDiffers} saying what to do, where the record was computed with another
 */
export async function agreeOnAttributionWindow(db: Store, wantedMinutes: number): Promise<void> {
  await sql`
    insert into setting (name, value) values (${attributionWindow}, ${String(wantedMinutes)})
    on conflict (name) do nothing`.execute(db);
  const found = await sql<{ value: string }>`
    select value from setting where name = ${attributionWindow}`.execute(db);
  const kept = Number(found.rows[0]?.value);
  if (kept !== wantedMinutes)
    throw new AttributionWindowDiffers(
      `BLAME_WINDOW_MINUTES is ${wantedMinutes}, but the record was computed with ${kept}: ` +
        `run \`npx firstlight rebuild\` with the new value, or set it back to ${kept}`,
    );
}

export async function saveAttributionWindow(trx: Transaction, minutes: number): Promise<void> {
  await sql`
    insert into setting (name, value) values (${attributionWindow}, ${String(minutes)})
    on conflict (name) do update set value = excluded.value`.execute(trx);
}
