import { fork } from 'node:child_process';
import type { Order, OrderResult } from './order.ts';

/** An order of HTTP requests: one event goes as JSON, more go as NDJSON. */
export interface HttpOrder extends Order {
  /** Without a slash at the end. */
  readonly url: string;
}

/** Sends events from a process of its own, so that it shares no server's event loop. */
export interface Client<O extends Order = HttpOrder> {
  /**
   * @returns milliseconds from the first request to the last answer
   * @throws {Error} when a request is refused
   */
  send(order: O): Promise<number>;
  close(): void;
}

/** A client that posts events. */
export function startClient(): Client {
  return start('client-http.ts');
}

/** A client that writes the same messages to a topic with a plain kafkajs producer. */
export function startKafkaClient(brokers: string, topic: string): Client<Order> {
  return start('client-kafka.ts', brokers, topic);
}

function start<O extends Order>(program: string, ...args: readonly string[]): Client<O> {
  const child = fork(new URL(program, import.meta.url), args);
  return {
    send: order =>
      new Promise((resolve, reject) => {
        child.once('message', message => {
          const result = message as OrderResult;
          if ('ms' in result) resolve(result.ms);
          else reject(new Error(result.failure));
        });
        child.send(order);
      }),
    close: () => child.disconnect(),
  };
}
