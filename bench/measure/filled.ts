import type { Event } from '../../domain/events/event.ts';
import { rebuild } from '../../store/rebuild/rebuild.ts';
import { agreeOnBlameWindow } from '../../store/schema/settings.ts';
import type { Server } from '../../test/support/databases/server.ts';
import { RawEvents } from '../baselines/plain.ts';
import { batches, recorded } from '../traffic/traffic.ts';
import { type BenchDatabase, freshDatabase } from './servers.ts';

export const blameWindowMinutes = 60;

/** A database whose record holds these events: the raw rows are written plainly, the rest is rebuilt from them. */
export async function filled(server: Server, events: Iterable<Event>): Promise<BenchDatabase> {
  const database = await freshDatabase(server);
  await agreeOnBlameWindow(database.db, blameWindowMinutes);
  const raw = new RawEvents(database.db, 'event');
  for (const batch of batches(recorded(events), 10_000)) await raw.insert(batch);
  await rebuild(database.db, { blameWindowMinutes, lanes: 2 });
  return database;
}
