/**
 * Rebuilds the database of `DATABASE_URL` in a process of its own. After each slice it sends `{ events, peakMb }` to its
 * parent and waits until the parent lets it go on.
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
const report = (message: object) => process.send?.({ ...message, peakMb: resident(process.pid).peak });
await rebuild(db, {
  attributionWindowMinutes,
  lanes: 2,
  onProgress: events => {
    report({ events });
    return new Promise<void>(resolve => waiting.push(resolve));
  },
});
report({ done: true });
await db.destroy();
process.disconnect?.();
