import type { SentEvent } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../../domain/events/identity.ts';
import type { TraceContext } from '../../../platform/telemetry/spans.ts';
import type { Client } from '../access/tokens.ts';
import type { Limits } from '../config.ts';
import type { Entry, IngestObserver } from '../observer.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Item } from '../sources/source.ts';
import { checkItems } from './check.ts';

/** What the routes need to ingest events. */
export interface Ingestion {
  readonly publisher: Publisher;
  readonly limits: Limits;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  readonly observer: IngestObserver;
}

/**
 * Checks the items of one request and publishes them as one batch.
 * @returns the number of events, once they are durable
 * @throws {Refusal} if an item is wrong; then nothing was published
 * @throws {Unavailable} if the log is away
 */
export async function ingest(
  ingestion: Ingestion,
  entry: Entry,
  client: Client,
  items: readonly Item[],
  trace: TraceContext | null,
): Promise<number> {
  const receivedAt = ingestion.now();
  return publish(ingestion, entry, checkItems(items, client, receivedAt), client, receivedAt, trace);
}

/**
 * Identifies the checked events of one request and publishes them as one batch.
 * @param receivedAt milliseconds since 1970
 * @returns the number of events, once they are durable
 * @throws {Unavailable} if the log is away
 */
export async function publish(
  { publisher, observer }: Ingestion,
  entry: Entry,
  events: readonly SentEvent[],
  client: Client,
  receivedAt: number,
  trace: TraceContext | null,
): Promise<number> {
  if (events.length === 0) return 0;
  const batch = events.map(event => identify(event, client.name, receivedAt));
  await publisher.publish(batch, trace);
  const [first, ...others] = batch;
  if (first !== undefined && others.length === 0) observer.accepted(entry, first.event.type, 1);
  else for (const [type, count] of countByType(batch)) observer.accepted(entry, type, count);
  return batch.length;
}

function countByType(batch: readonly IdentifiedEvent[]): Map<IdentifiedEvent['event']['type'], number> {
  const counts = new Map<IdentifiedEvent['event']['type'], number>();
  for (const { event } of batch) counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
  return counts;
}
