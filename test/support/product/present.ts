import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { formatTime, parseTime } from '../../../domain/events/time.ts';
import { now } from '../histories/histories.ts';
import type { WholeEvent } from '../histories/shown.ts';

/**
 * The histories have their own `now`, and times in steps of an hour or a third of an hour. With an offset of half an hour,
 * none of their times comes near the end of a window while the tests run, and none is in the future.
 */
const shift = Date.now() - 2.5 * 3_600_000 - now;

/** Moves the times of a history's events to the present, and makes their names unique for the run. */
export function moveToPresent(run: number) {
  return ({ event }: IdentifiedEvent): WholeEvent => ({
    ...event,
    ...(event.service === undefined ? {} : { service: `${event.service}-${run}` }),
    id: `${run}:${event.id}`,
    time: formatTime((parseTime(event.time) ?? 0) + shift),
  });
}
