import { sql } from 'kysely';
import { Registry } from 'prom-client';
import type { Event } from '../../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { windows } from '../../../domain/metrics/definitions.ts';
import { type Answers, reference } from '../../../domain/reference.ts';
import { isRetryable } from '../../../platform/database/errors.ts';
import { Snapshot, type SnapshotOptions } from '../../../services/metrics/live/snapshot.ts';
import { storeSource } from '../../../services/metrics/live/source.ts';
import { derivedTables, type Store } from '../../../store/schema/tables.ts';
import { type Outcome, type StoreOptions, storeEvents } from '../../../store/write/store-events.ts';
import { now } from './histories.ts';
import { parseSeries } from './series.ts';

export const attributionWindowMs = 3_600_000;

export async function empty(db: Store): Promise<void> {
  const tables = ['event', 'conflict', ...derivedTables].map(table => sql.ref(table));
  await sql`truncate ${sql.join(tables)} restart identity`.execute(db);
}

/** Stores a batch, again where the database asks for it. */
export async function storeBatch(
  db: Store,
  batch: readonly IdentifiedEvent[],
  options: Partial<StoreOptions> = {},
): Promise<Outcome> {
  for (;;)
    try {
      return await storeEvents(db, batch, { attributionWindowMs, receivedAt: now, ...options });
    } catch (error) {
      if (!isRetryable(error)) throw error;
    }
}

/** A snapshot of this store at {@link now} that fails where it cannot read. */
export function snapshotOf(db: Store, options: Partial<SnapshotOptions> = {}): Snapshot {
  return new Snapshot({
    source: storeSource(db),
    now: () => now,
    registry: new Registry(),
    onError: error => {
      throw error;
    },
    ...options,
  });
}

/** What a scrape of this store shows at {@link now}. */
export async function scraped(db: Store): Promise<Map<string, number>> {
  const snapshot = snapshotOf(db);
  await snapshot.start();
  try {
    return parseSeries(snapshot.text.toString());
  } finally {
    await snapshot.stop();
  }
}

/** The numbers of the same events at {@link now}, by the definitions. */
export function expected(events: readonly Event[]): Answers {
  return reference(events, { now, windowDays: windows, attributionWindowMs });
}
