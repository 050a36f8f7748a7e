import type { Event } from '../../domain/events/event.ts';
import { rebuild } from '../../store/rebuild/rebuild.ts';
import { agreeOnAttributionWindow } from '../../store/schema/settings.ts';
import type { Server } from '../../test/support/databases/server.ts';
import { RawEvents } from '../baselines/plain.ts';
import { batches, identified } from '../traffic/traffic.ts';
import { type BenchDatabase, freshDatabase } from './servers.ts';

export const attributionWindowMinutes = 60;

/** A database that holds these raw events, written plainly, and nothing derived from them. */
export async function withRawEvents(
  server: Server,
  events: Iterable<Event>,
): Promise<{ readonly database: BenchDatabase; readonly stored: number }> {
  const database = await freshDatabase(server);
  await agreeOnAttributionWindow(database.db, attributionWindowMinutes);
  const raw = new RawEvents(database.db, 'event');
  let stored = 0;
  for (const batch of batches(identified(events), 10_000)) {
    await raw.insert(batch);
    stored += batch.length;
    if (stored % 1_000_000 < batch.length) console.log(`${stored} raw events are stored`);
  }
  return { database, stored };
}

/** A database that holds these events and what a rebuild derives from them. */
export async function filled(server: Server, events: Iterable<Event>): Promise<BenchDatabase> {
  const { database } = await withRawEvents(server, events);
  await rebuild(database.db, { attributionWindowMinutes, lanes: 2 });
  return database;
}
