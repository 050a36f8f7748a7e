/**
 * Question: does a refresh of the snapshot after one event cost more with ten million events over ten years? Baseline: a
 * hundred thousand events, as many of them in the longest window, of the same services. Beside it: a million events within
 * the longest window.
 *
 * One event is stored through the one transaction; the clock runs from the wake that tells of it until the numbers with it
 * are printed: reading the service again, computing and printing.
 */
import { Registry } from 'prom-client';
import type { Event } from '../../../domain/events/event.ts';
import { identify } from '../../../domain/events/identity.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { storeSource } from '../../../services/metrics/live/source.ts';
import type { Store } from '../../../store/schema/tables.ts';
import { storeEvents as store } from '../../../store/write/store-events.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import type { BenchDatabase } from '../../measure/servers.ts';
import { serviceName, type TrafficOptions, traffic } from '../../traffic/traffic.ts';

const hourMs = 3_600_000;
const yearMs = 365 * dayMs;
const options = { attributionWindowMs: hourMs };

/** What a record holds: traffic of some days until now, and perhaps years before it. */
export interface History {
  readonly services: number;
  /** The same ones, whatever there is before them. */
  readonly recent: Partial<TrafficOptions> & { readonly events: number; readonly days: number };
  /** Spread over the ten years before; default none. */
  readonly oldEvents?: number;
}

export function* eventsOf({ services, recent, oldEvents = 0 }: History, now: number): Generator<Event> {
  const { days, ...more } = recent;
  const from = now - days * dayMs;
  if (oldEvents > 0)
    yield* traffic({
      events: oldEvents,
      services,
      from: now - 10 * yearMs,
      to: from - dayMs,
      stream: 'history',
    });
  // What follows on the last rollouts is over before now.
  yield* traffic({ services, from, to: now - 4 * hourMs, stream: 'recent', ...more });
}

/** A snapshot of a record, refreshed only when it is told to. */
class Refreshing {
  readonly #db: Store;
  readonly #snapshot: Snapshot;
  #told = 0;

  constructor(db: Store) {
    this.#db = db;
    this.#snapshot = new Snapshot({
      source: storeSource(db),
      now: Date.now,
      registry: new Registry(),
      onError: error => {
        throw error;
      },
      readEveryMs: 0,
      slideEveryMs: 2 ** 30,
      reloadEveryMs: Number.POSITIVE_INFINITY,
    });
  }

  start(): Promise<void> {
    return this.#snapshot.start();
  }

  stop(): Promise<void> {
    return this.#snapshot.stop();
  }

  /** Milliseconds of the refresh after one more event of that service. */
  async after(service: string): Promise<number> {
    this.#told += 1;
    const event: Event = {
      type: 'change_exposed',
      id: `refresh/${this.#told}`,
      source: 'bench',
      time: formatTime(Date.now()),
      service,
      change: `refreshed-${this.#told}`,
    };
    const { invalidated } = await store(this.#db, [identify(event, event.source, 0)], {
      ...options,
      receivedAt: Date.now(),
    });
    const startedAt = performance.now();
    this.#snapshot.invalidate(invalidated, null);
    await this.#snapshot.refreshed();
    return performance.now() - startedAt;
  }
}

/** The middle of a few: a single refresh is short. */
const refreshesPerRound = 5;

async function refreshes(of: Refreshing, round: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < refreshesPerRound; i++)
    times.push(await of.after(serviceName(round * refreshesPerRound + i)));
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** What a refresh costs on three records of the same services. */
export async function compareRefreshes(
  records: { readonly few: BenchDatabase; readonly old: BenchDatabase; readonly dense: BenchDatabase },
  { services, events }: { readonly services: number; readonly events: number },
): Promise<Answer[]> {
  const of = ({ db }: BenchDatabase) => new Refreshing(db);
  const [base, tenYears, quarter] = [of(records.few), of(records.old), of(records.dense)];
  for (const each of [base, tenYears, quarter]) await each.start();
  const question = (what: string) => `refresh after one event, ${services} services, ${what}`;
  const answers = [
    answer(
      {
        question: question(`${events} events over ten years beside ${events / 100} in the longest window`),
        unit: 'ms',
        goal: { ratio: 'at most', of: 1.2 },
      },
      await alternate(
        round => refreshes(tenYears, round),
        round => refreshes(base, round),
      ),
    ),
    answer(
      {
        question: question(`${events / 10} events in the longest window beside ${events / 100}`),
        unit: 'ms',
        goal: null,
      },
      await alternate(
        round => refreshes(quarter, round),
        round => refreshes(base, round),
      ),
    ),
  ];
  for (const each of [base, tenYears, quarter]) await each.stop();
  return answers;
}
