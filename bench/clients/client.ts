import { fork } from 'node:child_process';
import type { Carried, Order } from './order.ts';

/** An order of HTTP requests: one event is posted as JSON, more as NDJSON. */
export interface HttpOrder extends Order {
  /** Without a slash at the end. */
  readonly url: string;
}

/** Sends what it is told to from a process of its own, so that no server shares its event loop. */
export interface Client<O extends Order = HttpOrder> {
  /**
   * @returns milliseconds from the first request to the last answer
   * @throws {Error} when an answer is not what it should be
   */
  send(order: O): Promise<number>;
  close(): void;
}

/** A client that posts events. */
export function startClient(): Client {
  return start('client-http.ts');
}

/** A client that writes the same messages to a topic with kafkajs as it comes. */
export function startKafkaClient(brokers: string, topic: string): Client<Order> {
  return start('client-kafka.ts', brokers, topic);
}

function start<O extends Order>(program: string, ...args: readonly string[]): Client<O> {
  const child = fork(new URL(program, import.meta.url), args);
  return {
    send: order =>
      new Promise((resolve, reject) => {
        child.once('message', message => {
          const carried = message as Carried;
          if ('ms' in carried) resolve(carried.ms);
          else reject(new Error(carried.failure));
        });
        child.send(order);
      }),
    close: () => child.disconnect(),
  };
}
