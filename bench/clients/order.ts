import type { Event } from '../../domain/events/event.ts';
import { dayMs } from '../../domain/metrics/definitions.ts';
import { traffic } from '../traffic/traffic.ts';

/** A number of requests of one size; the same order gives the same events. */
export interface Order {
  /** Another seed gives other events, see `TrafficOptions.seed`. */
  readonly seed: string;
  readonly requests: number;
  readonly eventsPerRequest: number;
  /** How many requests are under way at once. */
  readonly connections: number;
}

/** The result of an order: milliseconds from the first request to the last answer, or why it failed. */
export type OrderResult = { readonly ms: number } | { readonly failure: string };

const services = 1_000;

export function eventsOf({ seed, requests, eventsPerRequest }: Order): Iterable<Event> {
  const count = requests * eventsPerRequest;
  const to = Date.now() - dayMs;
  // A little more, since the generator makes about as many as it is asked for.
  return traffic({ events: count * 1.1, services, from: to - 30 * dayMs, to, seed }).take(count);
}

/** Carries out the parent process's orders, one after the other. */
export function carryOutOrders<O extends Order>(carry: (order: O) => Promise<number>): void {
  process.on('message', async message => {
    const result: OrderResult = await carry(message as O).then(
      ms => ({ ms }),
      error => ({ failure: String(error) }),
    );
    process.send?.(result);
  });
}
