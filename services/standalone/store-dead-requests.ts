import { isUnavailable } from '../../platform/database/errors.ts';
import type { Store } from '../../store/schema/tables.ts';
import { insertDeadRequest } from '../../store/write/dead-requests.ts';
import type { DeadRequests } from '../collector/publish/dead-requests.ts';
import { Unavailable } from '../collector/publish/publisher.ts';

/** Requests that could not be mapped, in a table of the record. */
export function storeDeadRequests(db: Store): DeadRequests {
  return {
    keep: async request => {
      try {
        await insertDeadRequest(db, request);
      } catch (cause) {
        if (isUnavailable(cause)) throw new Unavailable('the database is away', 5, { cause });
        throw cause;
      }
    },
  };
}
