import type { Event } from '../../domain/events/event.ts';
import { dayMs } from '../../domain/metrics/definitions.ts';
import { traffic } from '../traffic/traffic.ts';

/** What to send, once each; the same order gives the same events, in requests of one size. */
export interface Order {
  /** Names the events, see `TrafficOptions.stream`: an event of another stream is another event. */
  readonly stream: string;
  /** How many requests. */
  readonly requests: number;
  readonly eventsPerRequest: number;
  /** So many requests are under way at once. */
  readonly connections: number;
}

/** What a process says of an order: how long it took from its first request to the last answer, or why it failed. */
export type Carried = { readonly ms: number } | { readonly failure: string };

const services = 1_000;

export function eventsOf({ stream, requests, eventsPerRequest }: Order): Iterable<Event> {
  const count = requests * eventsPerRequest;
  const to = Date.now() - dayMs;
  // A little more, for the generator's count is about right only.
  return traffic({ events: count * 1.1, services, from: to - 30 * dayMs, to, stream }).take(count);
}

/** Carries out the orders of the parent process, one after the other. */
export function carryOut<O extends Order>(carry: (order: O) => Promise<number>): void {
  process.on('message', async message => {
    const carried: Carried = await carry(message as O).then(
      ms => ({ ms }),
      error => ({ failure: String(error) }),
    );
    process.send?.(carried);
  });
}
