/**
 * Question: does a refresh of the snapshot after one event cost more with ten million events over ten years? Baseline: a
 * hundred thousand events, as many of them in the longest window, of the same services. Beside it: a million events within
 * the longest window.
 *
 * One event is stored through the one transaction; the clock runs from the wake that tells of it until the numbers with it
 * are printed: reading the service again, computing and printing.
 */
import { parseArgs } from 'node:util';
import { Registry } from 'prom-client';
import type { Event } from '../domain/event.ts';
import { record } from '../domain/identity.ts';
import { formatTime } from '../domain/time.ts';
import { Snapshot } from '../services/metrics/snapshot.ts';
import { storeSource } from '../services/metrics/source.ts';
import { record as store } from '../store/record.ts';
import type { Store } from '../store/tables.ts';
import type { Server } from '../test/support/databases-server.ts';
import { type Answer, alternate, answer } from './measure.ts';
import { report } from './report.ts';
import { type BenchDatabase, freshDatabase, startPostgres } from './servers.ts';
import { batches, recorded, serviceName, type TrafficOptions, traffic } from './traffic.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;
const options = { blameWindowMs: hourMs };

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

/** A database with these events. */
export async function fill(server: Server, events: Iterable<Event>): Promise<BenchDatabase> {
  const database = await freshDatabase(server);
  for (const batch of batches(recorded(events), 4_000))
    await store(database.db, batch, { ...options, receivedAt: Date.now() });
  return database;
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
    await store(this.#db, [record(event, event.source, 0)], { ...options, receivedAt: Date.now() });
    const startedAt = performance.now();
    this.#snapshot.wake([service], null);
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

async function refresh(): Promise<Answer[]> {
  const { values } = parseArgs({ options: { events: { type: 'string', default: '10000000' } } });
  const events = Number(values.events);
  // With fewer events fewer services, so that each of them has some of the recent ones.
  const services = Math.min(1_000, events / 10_000);
  const recent = { events: events / 100, days: 89 };
  const now = Date.now();
  const server = await startPostgres();
  try {
    const few = await fill(server, eventsOf({ services, recent }, now));
    const old = await fill(server, eventsOf({ services, recent, oldEvents: events - recent.events }, now));
    const dense = await fill(server, eventsOf({ services, recent: { ...recent, events: events / 10 } }, now));
    const of = (database: BenchDatabase) => new Refreshing(database.db);
    const [base, tenYears, quarter] = [of(few), of(old), of(dense)];
    for (const each of [base, tenYears, quarter]) await each.start();
    const question = (what: string) => `refresh after one event, ${services} services, ${what}`;
    const answers = [
      answer(
        {
          question: question(`${events} events over ten years beside ${recent.events} in the longest window`),
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
          question: question(`${events / 10} events in the longest window beside ${recent.events}`),
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
    for (const each of [few, old, dense]) await each.close();
    return answers;
  } finally {
    await server.stop();
  }
}

if (import.meta.main) report(await refresh());
