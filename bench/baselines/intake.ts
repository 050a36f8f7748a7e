import type { Event } from '../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import type { Store } from '../../store/schema/tables.ts';
import { storeEvents } from '../../store/write/store-events.ts';
import { endOfTraffic, hourMs } from '../traffic/patterns.ts';
import { batches, identified } from '../traffic/traffic.ts';

/** Events of one transaction, as many as a consumer takes when it is behind. */
export const batchSize = 4_000;

export const batched = (events: Iterable<Event>): IdentifiedEvent[][] => [
  ...batches(identified(events), batchSize),
];

/** Stores a batch as a consumer does. */
export async function storeBatch(db: Store, batch: readonly IdentifiedEvent[]): Promise<void> {
  await storeEvents(db, batch, {
    attributionWindowMs: hourMs,
    receivedAt: endOfTraffic,
    sliceEvents: batchSize,
  });
}
