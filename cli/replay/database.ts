import type { Catalogue } from '../../domain/catalogue/model.ts';
import type { DeadReason } from '../../services/collector/publish/dead-requests.ts';
import type { Store } from '../../store/schema/tables.ts';
import { dropRequest, readRequests } from '../../store/write/dead-requests.ts';
import { storeEvents } from '../../store/write/store-events.ts';
import type { Replayed, ReplayOptions } from './options.ts';
import { describeRequest, eventsOf } from './requests.ts';

const pageSize = 100;

/**
 * Stores the events of the dead requests in the database, and removes these requests. A request that still cannot be
 * mapped stays.
 */
export async function replayDatabase(
  db: Store,
  catalogue: Catalogue,
  attributionWindowMs: number,
  { dryRun }: ReplayOptions,
): Promise<Replayed> {
  let sent = 0;
  let kept = 0;
  for (let lastId = 0; ; ) {
    const requests = await readRequests(db, lastId, pageSize);
    for (const request of requests) {
      const dead = { ...request, reason: request.reason as DeadReason };
      const events = eventsOf(dead, catalogue);
      if ('reason' in events) {
        kept += 1;
        console.log(describeRequest({ ...dead, ...events }));
      } else {
        sent += 1;
        if (dryRun) console.log(describeRequest(dead));
        else {
          await storeEvents(db, events, { attributionWindowMs, receivedAt: request.receivedAt });
          await dropRequest(db, request.id);
        }
      }
      lastId = request.id;
    }
    if (requests.length < pageSize) return { sent, kept };
  }
}
