import { type Recorded, record } from '../../domain/identity.ts';
import type { TraceContext } from '../../platform/telemetry.ts';
import { checked } from './check.ts';
import type { Limits } from './config.ts';
import type { Entry, IngestObserver } from './observer.ts';
import type { Publisher } from './publisher.ts';
import type { Item } from './sources/item.ts';
import type { Client } from './tokens.ts';

/** What taking events needs. */
export interface Ingestion {
  readonly publisher: Publisher;
  readonly limits: Limits;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  readonly observer: IngestObserver;
}

/**
 * Checks the items of one request, gives them their identity and publishes them as one batch.
 * @returns the number of events, once they are durable.
 * @throws {Refusal} when an item is wrong; then nothing was published.
 * @throws {Unavailable} when the log is away.
 */
export async function ingest(
  { publisher, now, observer }: Ingestion,
  entry: Entry,
  client: Client,
  items: readonly Item[],
  trace: TraceContext | null,
): Promise<number> {
  const receivedAt = now();
  const batch = checked(items, client, receivedAt).map(event => record(event, client.name, receivedAt));
  if (batch.length === 0) return 0;
  await publisher.publish(batch, trace);
  for (const [type, count] of countByType(batch)) observer.accepted(entry, type, count);
  return batch.length;
}

function countByType(batch: readonly Recorded[]): Map<Recorded['event']['type'], number> {
  const counts = new Map<Recorded['event']['type'], number>();
  for (const { event } of batch) counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
  return counts;
}
