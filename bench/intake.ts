import type { Event } from '../domain/event.ts';
import type { Recorded } from '../domain/identity.ts';
import { record } from '../store/record.ts';
import type { Store } from '../store/tables.ts';
import { endOfTraffic, hourMs } from './streams.ts';
import { batches, recorded } from './traffic.ts';

/** As a consumer that has fallen behind gathers them. */
export const batchSize = 4_000;

export const batched = (events: Iterable<Event>): Recorded[][] => [...batches(recorded(events), batchSize)];

/** Stores a batch as a consumer does. */
export async function keep(db: Store, batch: readonly Recorded[]): Promise<void> {
  await record(db, batch, { blameWindowMs: hourMs, receivedAt: endOfTraffic, sliceEvents: batchSize });
}
