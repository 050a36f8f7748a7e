/**
 * Question: how long does a refresh of the snapshot take after one event? A database with ten years of history stands
 * beside one with a hundredth of its events, the same of the longest window; then one with a tenth of them, all in the
 * longest window, does. `--events 10000000` asks with a longer history, as `ten-million.ts` does.
 *
 * One event is stored through the one transaction. The clock runs from the change notification until the numbers are
 * printed: the snapshot reads the service again, computes and prints.
 */
import { parseArgs } from 'node:util';
import { Registry } from 'prom-client';
import type { Event } from '../../../domain/events/event.ts';
import { identify } from '../../../domain/events/identity.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { storeSource } from '../../../services/metrics/live/source.ts';
import type { Store } from '../../../store/schema/tables.ts';
import { storeEvents } from '../../../store/write/store-events.ts';
import { filled } from '../../measure/filled.ts';
import { type Answer, alternate, answer, spreadOf } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { type BenchDatabase, startPostgres } from '../../measure/servers.ts';
import { historyOf } from '../../traffic/history.ts';
import { serviceName } from '../../traffic/traffic.ts';

const hourMs = 3_600_000;
const options = { attributionWindowMs: hourMs };

/** A snapshot of a database, refreshed only on demand. */
class Refreshing {
  readonly #db: Store;
  readonly #snapshot: Snapshot;
  #stored = 0;

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
    this.#stored += 1;
    const event: Event = {
      type: 'change_exposed',
      id: `refresh/${this.#stored}`,
      source: 'bench',
      time: formatTime(Date.now()),
      service,
      change: `refreshed-${this.#stored}`,
    };
    const { invalidated } = await storeEvents(this.#db, [identify(event, event.source, 0)], {
      ...options,
      receivedAt: Date.now(),
    });
    const startedAt = performance.now();
    this.#snapshot.invalidate(invalidated, null);
    await this.#snapshot.refreshed();
    return performance.now() - startedAt;
  }
}

/** A round is the median of so many: a single refresh is short. */
const refreshesPerRound = 15;

async function refreshes(of: Refreshing, services: number, round: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < refreshesPerRound; i++)
    times.push(await of.after(serviceName((round * refreshesPerRound + i) % services)));
  return spreadOf(times).median;
}

/**
 * What a refresh costs on three databases of the same services.
 * @param events how many `old` holds, the largest one
 */
export async function compareRefreshes(
  databases: { readonly few: BenchDatabase; readonly old: BenchDatabase; readonly dense: BenchDatabase },
  { services, events }: { readonly services: number; readonly events: number },
): Promise<Answer[]> {
  const of = ({ db }: BenchDatabase) => new Refreshing(db);
  const [base, tenYears, quarter] = [of(databases.few), of(databases.old), of(databases.dense)];
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
        round => refreshes(tenYears, services, round),
        round => refreshes(base, services, round),
      ),
    ),
    answer(
      {
        question: question(`${events / 10} events in the longest window beside ${events / 100}`),
        unit: 'ms',
        goal: null,
      },
      await alternate(
        round => refreshes(quarter, services, round),
        round => refreshes(base, services, round),
      ),
    ),
  ];
  for (const each of [base, tenYears, quarter]) await each.stop();
  return answers;
}

async function refresh(): Promise<Answer[]> {
  const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });
  const events = Number(values.events);
  const services = Math.min(1_000, Math.ceil(events / 1_000));
  const recent = { events: events / 100, days: 89 };
  const now = Date.now();
  const server = await startPostgres();
  try {
    const few = await filled(server, historyOf({ services, recent }, now));
    const dense = await filled(
      server,
      historyOf({ services, recent: { ...recent, events: events / 10 } }, now),
    );
    const old = await filled(server, historyOf({ services, recent, oldEvents: events - recent.events }, now));
    const answers = await compareRefreshes({ few, old, dense }, { services, events });
    for (const { close } of [few, dense, old]) await close();
    return answers;
  } finally {
    await server.stop();
  }
}

if (import.meta.main) report(await refresh());
