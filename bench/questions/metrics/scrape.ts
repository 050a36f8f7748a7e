/**
 * Question: does a scrape cost more with millions of events of history? Baseline: ten thousand events with the same number
 * of series. Each database has a metrics service of its own, a process as in the distributed run. The events of the last
 * days are the same in both; one of them has ten years before.
 *
 * Two checks show that a scrape sends no query: no connection of the metrics service is used during the scrapes, and
 * scrapes are answered while the server is gone.
 */
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import type { Store } from '../../../store/schema/tables.ts';
import type { Server } from '../../../test/support/databases/server.ts';
import { type Service, startService } from '../../../test/support/product/service.ts';
import { filled } from '../../measure/filled.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { type BenchDatabase, startPostgres } from '../../measure/servers.ts';
import { historyOf } from '../../traffic/history.ts';

const services = 100;
/** So many events that each service has every series. */
const recent = { events: 10_000, days: 6, changesPerRollout: 1, incidents: 0.6, rolledBack: 0.4 };
const scrapesPerRound = 50;
const attemptsMax = 10;

async function scrape({ url }: Service): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  if (!response.ok) throw new Error(`a scrape was answered with ${response.status}`);
  return text;
}

/** Milliseconds per scrape. */
async function scrapes(service: Service, count = scrapesPerRound): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) await scrape(service);
  return (performance.now() - startedAt) / count;
}

const countSeries = (text: string): number => text.match(/^dora_/gm)?.length ?? 0;

/** Time of the last query of any metrics service, as the server reports it. */
async function lastQueryAt(db: Store): Promise<string | null> {
  const { rows } = await sql<{ at: string | null }>`
    select max(query_start)::text as at from pg_stat_activity where application_name = 'firstlight metrics'`.execute(
    db,
  );
  return rows[0]?.at ?? null;
}

/** The service sends a query of its own every 15 s, so that one attempt may not be enough. */
async function queriesDuringScrapes(service: Service, db: Store): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const before = await lastQueryAt(db);
    await scrapes(service);
    if ((await lastQueryAt(db)) === before) return 0;
  }
  return Number.NaN;
}

/**
 * What a scrape costs on two databases with the same series. It kills their server in the end.
 * @param events how many each holds
 */
export async function compareScrapes(
  server: Server,
  databases: { readonly few: BenchDatabase; readonly many: BenchDatabase },
  events: { readonly few: number; readonly many: number },
): Promise<Answer[]> {
  const started: Service[] = [];
  try {
    const start = async (url: string) => {
      const service = await startService('metrics', { env: { DATABASE_URL: url } });
      started.push(service);
      return service;
    };
    const small = await start(databases.few.url);
    const large = await start(databases.many.url);
    const [seriesCount, baseline] = [countSeries(await scrape(large)), countSeries(await scrape(small))];
    if (seriesCount !== baseline) throw new Error(`there are ${seriesCount} series beside ${baseline}`);

    const rounds = await alternate(
      () => scrapes(large),
      () => scrapes(small),
    );
    const queries = await queriesDuringScrapes(large, databases.many.db);
    await databases.few.close();
    await databases.many.close();
    await server.crash();
    const away = countSeries(await scrape(large));
    if (away !== seriesCount) throw new Error(`while the database was away there were ${away} series`);
    return [
      answer(
        {
          question: `scrape of ${seriesCount} series, ${events.many} events of history beside ${events.few}`,
          unit: 'ms',
          goal: { ratio: 'at most', of: 1.1 },
        },
        rounds,
      ),
      answer(
        {
          question: `queries of the metrics service during ${scrapesPerRound} scrapes of ${events.many} events`,
          unit: 'queries',
          goal: { value: 'at most', of: 0 },
        },
        { measured: [queries], base: [] },
      ),
    ];
  } finally {
    await Promise.all(started.map(service => service.stop()));
  }
}

/** `--events` beside ten thousand; `ten-million.ts` asks with ten million. */
async function scrapeQuestion(): Promise<Answer[]> {
  const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });
  const events = Number(values.events);
  const now = Date.now();
  const server = await startPostgres();
  try {
    const few = await filled(server, historyOf({ services, recent }, now));
    const many = await filled(
      server,
      historyOf({ services, recent, oldEvents: events - recent.events }, now),
    );
    return await compareScrapes(server, { few, many }, { few: recent.events, many: events });
  } finally {
    await server.stop();
  }
}

if (import.meta.main) report(await scrapeQuestion());
