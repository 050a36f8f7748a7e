import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { expectShown, shown, storedIds, type WholeEvent } from '../histories/shown.ts';
import { readTopic, waitUntilRead } from '../kafka/reading.ts';
import { Senders } from '../senders/senders.ts';
import type { Distributed } from './distributed.ts';
import { waitFor } from './process.ts';
import type { Service } from './service.ts';

const connections = 4;
const servicesOfLoad = 12;
/** Keeps the load small, for a busy core and for the reference: these tests are about faults and not about speed. */
const pauseMs = 250;
const longestRetryMs = 300;
/** Longer than a collector may take to answer; a timeout fails the load. */
const timeoutMs = 20_000;

/** An answer other than 202. */
export interface Refused {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly type: string | null;
}

/**
 * A load that continues through outages. Several connections send batches of 1 to 40 events. A batch that was not
 * answered with 202 is sent again, unchanged, to another collector. One of the connections never retries, like senders
 * that give up.
 */
export class Load implements AsyncDisposable {
  readonly accepted: WholeEvent[] = [];
  /** Events that were sent and not answered with 202: they may or may not be stored. */
  readonly unacknowledged: WholeEvent[] = [];
  readonly refused: Refused[] = [];
  readonly #collectors: () => readonly Pick<Service, 'url'>[];
  readonly #senders = new Senders();
  readonly #finishing = new AbortController();
  readonly #running: Promise<unknown>;

  /** @param collectors called before each attempt, so that restarted collectors are found */
  constructor(collectors: () => readonly Pick<Service, 'url'>[]) {
    this.#collectors = collectors;
    const all = Array.from({ length: connections }, (_, index) => this.#sendOn(index));
    this.#running = Promise.all(all);
    this.#running.catch(() => {}); // `more` and `finish` throw the error
  }

  get sent(): WholeEvent[] {
    return [...this.accepted, ...this.unacknowledged];
  }

  /** Resolves when `count` more events are accepted. */
  async more(count: number, deadlineMs = 60_000): Promise<void> {
    const wanted = this.accepted.length + count;
    const enough = waitFor(() => this.accepted.length >= wanted, {
      what: `${count} more accepted events, after ${this.accepted.length},`,
      deadlineMs,
    });
    // A connection ends early only with an error, which is more useful than that of the deadline.
    await Promise.race([enough, this.#running.then(() => enough)]);
  }

  /** Ends the load: every connection waits for its last answer, without further retries. */
  async finish(): Promise<void> {
    this.#finishing.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish().catch(() => {});
  }

  async #sendOn(connection: number): Promise<void> {
    for (let turn = connection; !this.#finishing.signal.aborted; turn++) {
      const batch = this.#senders.next(1 + ((turn * 7) % 40)).map(spread);
      const isAccepted = await this.#deliver(batch, connection);
      (isAccepted ? this.accepted : this.unacknowledged).push(...batch);
      await this.#pause(pauseMs);
    }
  }

  async #deliver(batch: readonly WholeEvent[], connection: number): Promise<boolean> {
    for (let attempt = connection; ; attempt++) {
      const refused = await this.#attempt(batch, attempt);
      if (refused === null) return true;
      if (connection === 0 || this.#finishing.signal.aborted) return false;
      await this.#pause(Math.min(Number(refused.retryAfter ?? 0.05) * 1_000, longestRetryMs));
    }
  }

  /** @returns null when the batch was accepted */
  async #attempt(batch: readonly WholeEvent[], attempt: number): Promise<Pick<Refused, 'retryAfter'> | null> {
    const collectors = this.#collectors();
    const url = collectors[attempt % collectors.length]?.url;
    try {
      const answer = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(batch),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await answer.text();
      const { status, headers } = answer;
      if (status === 202) {
        expect(text).toBe(`{"accepted":${batch.length}}`);
        return null;
      }
      if (status !== 503) throw new Error(`a good batch was answered with ${status}: ${text}`);
      const refused = {
        status,
        retryAfter: headers.get('retry-after'),
        type: headers.get('content-type'),
      };
      this.refused.push(refused);
      return refused;
    } catch (error) {
      // fetch throws a TypeError when the connection is lost or refused: the collector has ended.
      if (error instanceof TypeError) return { retryAfter: null };
      throw error;
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, null, { signal: this.#finishing.signal }).catch(() => {});
  }
}

/** Spreads the changes of a load over many services, so that every partition gets messages. */
function spread(event: WholeEvent): WholeEvent {
  const change = 'change' in event ? String(event.change) : '';
  return { ...event, service: `service-${Number(change.slice(1)) % servicesOfLoad}` };
}

/**
 * Waits until all messages in Kafka are stored, and then checks: every accepted event is stored, none is stored twice,
 * each stored event was sent, and the metrics are those of the stored events.
 * @param options.deadLetters the expected number of dead letters
 */
export async function expectAllStored(
  run: Distributed,
  load: Pick<Load, 'accepted' | 'sent'>,
  metrics: Pick<Service, 'get'>,
  { deadLetters = 0 }: { readonly deadLetters?: number } = {},
): Promise<void> {
  await waitUntilRead(run.brokers, run);
  const ids = await storedIds(run);
  const stored = new Set(ids);
  const sent = new Map(load.sent.map(event => [event.id, event]));
  expect(load.accepted.filter(({ id }) => !stored.has(id))).toEqual([]);
  expect(ids.length).toBe(stored.size);
  expect(ids.filter(id => !sent.has(id))).toEqual([]);
  expect(await readTopic(run.brokers, `${run.topic}.dlq`)).toHaveLength(deadLetters);
  await expectShown(
    metrics,
    ids.flatMap(id => sent.get(id) ?? []),
    60_000,
  );
  expect(await shown(metrics, 'firstlight_findings{reason="conflicting_repeat"}')).toBe(0);
}
