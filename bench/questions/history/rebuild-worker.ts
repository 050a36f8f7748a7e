/**
 * Rebuilds the record of `DATABASE_URL` in a process of its own and tells its parent after each slice, which lets it
 * go on: `{ events, peakMb }`.
 */
import { openPostgres } from '../../../platform/database/postgres.ts';
import { rebuild } from '../../../store/rebuild/rebuild.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { attributionWindowMinutes } from '../../measure/filled.ts';
import { resident } from '../../measure/resident.ts';

const db = openPostgres<Database>(process.env['DATABASE_URL'] ?? '', {
  connectionsMax: 2,
  applicationName: 'firstlight bench',
});
const waiting: (() => void)[] = [];
process.on('message', () => {
  for (const resolve of waiting.splice(0)) resolve();
});
const tell = (message: object) => process.send?.({ ...message, peakMb: resident(process.pid).peak });
await rebuild(db, {
  attributionWindowMinutes,
  lanes: 2,
  onProgress: events => {
    tell({ events });
    return new Promise<void>(resolve => waiting.push(resolve));
  },
});
tell({ done: true });
await db.destroy();
process.disconnect?.();
