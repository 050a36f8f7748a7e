import type { Event } from '../../domain/events/event.ts';
import type { IdentifiedEvent } from '../../domain/events/identity.ts';
import type { Store } from '../../store/schema/tables.ts';
import { storeEvents } from '../../store/write/store-events.ts';
import { endOfTraffic, hourMs } from '../traffic/streams.ts';
import { batches, recorded } from '../traffic/traffic.ts';

/** As a consumer that has fallen behind gathers them. */
export const batchSize = 4_000;

export const batched = (events: Iterable<Event>): IdentifiedEvent[][] => [
  ...batches(recorded(events), batchSize),
];

/** Stores a batch as a consumer does. */
export async function keep(db: Store, batch: readonly IdentifiedEvent[]): Promise<void> {
  await storeEvents(db, batch, {
    attributionWindowMs: hourMs,
    receivedAt: endOfTraffic,
    sliceEvents: batchSize,
  });
}
