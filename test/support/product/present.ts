import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { formatTime, parseTime } from '../../../domain/events/time.ts';
import { now } from '../histories/histories.ts';
import type { WholeEvent } from '../histories/shown.ts';

/**
 * The histories lie around a `now` of their own, in steps of hours and thirds of hours. Half an hour off the
 * full one, none of their moments comes near the edge of a window while the tests run, or lies ahead.
 */
const shift = Date.now() - 2.5 * 3_600_000 - now;

/** Brings an event of a history to the present, with names that no other run has. */
export function moveToPresent(run: number) {
  return ({ event }: IdentifiedEvent): WholeEvent => ({
    ...event,
    ...(event.service === undefined ? {} : { service: `${event.service}-${run}` }),
    id: `${run}:${event.id}`,
    time: formatTime((parseTime(event.time) ?? 0) + shift),
  });
}
