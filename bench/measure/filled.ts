import type { Event } from '../../domain/events/event.ts';
import { rebuild } from '../../store/rebuild/rebuild.ts';
import { agreeOnAttributionWindow } from '../../store/schema/settings.ts';
import type { Server } from '../../test/support/databases/server.ts';
import { RawEvents } from '../baselines/plain.ts';
import { batches, recorded } from '../traffic/traffic.ts';
import { type BenchDatabase, freshDatabase } from './servers.ts';

export const attributionWindowMinutes = 60;

/** A database whose record holds these events: the raw rows are written plainly, the rest is rebuilt from them. */
export async function filled(server: Server, events: Iterable<Event>): Promise<BenchDatabase> {
  const database = await freshDatabase(server);
  await agreeOnAttributionWindow(database.db, attributionWindowMinutes);
  const raw = new RawEvents(database.db, 'event');
  for (const batch of batches(recorded(events), 10_000)) await raw.insert(batch);
  await rebuild(database.db, { attributionWindowMinutes, lanes: 2 });
  return database;
}
