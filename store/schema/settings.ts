import { Type } from 'typebox';
import { statement } from '../sql/statement.ts';
import type { Store, Transaction } from './tables.ts';

/** What every process that writes to the store must derive with. */
export const attributionSettings = {
  BLAME_WINDOW_MINUTES: Type.Integer({
    default: 60,
    minimum: 0,
    description: 'How long after an exposure an incident that names nothing is blamed on it',
  }),
};

const attributionWindow = 'blame_window_minutes';

/** The store was derived with another attribution window; the message says what to do. */
export class AttributionWindowDiffers extends Error {}

/**
 * Makes sure that the store is derived with one attribution window. A new store takes the wanted one.
 * @throws {AttributionWindowDiffers} when the store was derived with another
 */
export async function agreeOnAttributionWindow(db: Store, wantedMinutes: number): Promise<void> {
  await statement('attribution-window.insert')`
    insert into setting (name, value) values (${attributionWindow}, ${String(wantedMinutes)})
    on conflict (name) do nothing`.execute(db);
  const found = await statement<{ value: string }>('attribution-window.read')`
    select value from setting where name = ${attributionWindow}`.execute(db);
  const stored = Number(found.rows[0]?.value);
  if (stored !== wantedMinutes)
    throw new AttributionWindowDiffers(
      `BLAME_WINDOW_MINUTES is ${wantedMinutes}, but the record was computed with ${stored}: ` +
        `run \`npx firstlight rebuild\` with the new value, or set it back to ${stored}`,
    );
}

export async function saveAttributionWindow(trx: Transaction, minutes: number): Promise<void> {
  await statement('attribution-window.save')`
    insert into setting (name, value) values (${attributionWindow}, ${String(minutes)})
    on conflict (name) do update set value = excluded.value`.execute(trx);
}
