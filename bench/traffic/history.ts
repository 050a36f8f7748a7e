import type { Event } from '../../domain/events/event.ts';
import { dayMs } from '../../domain/metrics/definitions.ts';
import { type TrafficOptions, traffic } from './traffic.ts';

const hourMs = 3_600_000;
const historyMs = 3_650 * dayMs;
/**
 * Between the last old rollout and the first recent one. Steps and incidents of a rollout end within this time, so that no
 * old event lies in a window that begins with the recent ones.
 */
const gapMs = 2 * dayMs;

/** What a database holds: traffic of some days until now, and perhaps years before it. */
export interface History {
  readonly services: number;
  /** The recent events are the same, whatever comes before them. */
  readonly recent: Partial<TrafficOptions> & { readonly events: number; readonly days: number };
  /** Spread over the ten years before; default none. */
  readonly oldEvents?: number;
}

/** @param now milliseconds since 1970 */
export function* historyOf({ services, recent, oldEvents = 0 }: History, now: number): Generator<Event> {
  const { days, ...options } = recent;
  const from = now - days * dayMs;
  if (oldEvents > 0)
    yield* traffic({
      events: oldEvents,
      services,
      from: now - historyMs,
      to: from - gapMs,
      seed: 'history',
    });
  // What follows on the last rollouts is over before now.
  yield* traffic({ services, from, to: now - 4 * hourMs, seed: 'recent', ...options });
}
