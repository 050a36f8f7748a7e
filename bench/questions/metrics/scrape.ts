/**
 * Question: does a scrape cost more with millions of events of history? Baseline: ten thousand events, the same number of
 * series. Each record has a metrics service of its own, a process as in the distributed run. What both know of the last
 * days is the same; one of them has ten years before that.
 *
 * That no query reaches the database is shown twice: no connection of the metrics service is asked anything during the
 * scrapes, and they go on while the server is gone.
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
/** Enough of everything for every service to have every series. */
const recent = { events: 10_000, days: 6, changesPerRollout: 1, incidents: 0.6, rolledBack: 0.4 };
const scrapesPerRound = 50;
const attemptsMax = 10;

async function scrape({ url }: Service): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  if (!response.ok) throw new Error(`a scrape was answered with ${response.status}`);
  return text;
}

/** Milliseconds of one. */
async function scrapes(service: Service, count = scrapesPerRound): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) await scrape(service);
  return (performance.now() - startedAt) / count;
}

const seriesIn = (text: string): number => text.match(/^dora_/gm)?.length ?? 0;

/** When any metrics service last asked the server anything, as the server knows it. */
async function lastAsked(db: Store): Promise<string | null> {
  const { rows } = await sql<{ at: string | null }>`
    select max(query_start)::text as at from pg_stat_activity where application_name = 'firstlight metrics'`.execute(
    db,
  );
  return rows[0]?.at ?? null;
}

/** The service asks every 15 s of its own accord, so that a stretch of scrapes without a query may take more than one attempt. */
async function queriesDuringScrapes(service: Service, db: Store): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const before = await lastAsked(db);
    await scrapes(service);
    if ((await lastAsked(db)) === before) return 0;
  }
  return Number.NaN;
}

/**
 * What a scrape costs on two records with the same series. Ends by killing their server.
 * @param events how many each holds
 */
export async function compareScrapes(
  server: Server,
  records: { readonly few: BenchDatabase; readonly many: BenchDatabase },
  events: { readonly few: number; readonly many: number },
): Promise<Answer[]> {
  const started: Service[] = [];
  try {
    const start = async (url: string) => {
      const service = await startService('metrics', { env: { DATABASE_URL: url } });
      started.push(service);
      return service;
    };
    const small = await start(records.few.url);
    const large = await start(records.many.url);
    const [counted, baseline] = [seriesIn(await scrape(large)), seriesIn(await scrape(small))];
    if (counted !== baseline) throw new Error(`there are ${counted} series beside ${baseline}`);

    const rounds = await alternate(
      () => scrapes(large),
      () => scrapes(small),
    );
    const queries = await queriesDuringScrapes(large, records.many.db);
    await records.few.close();
    await records.many.close();
    await server.crash();
    const away = seriesIn(await scrape(large));
    if (away !== counted) throw new Error(`while the database was away there were ${away} series`);
    return [
      answer(
        {
          question: `scrape of ${counted} series, ${events.many} events of history beside ${events.few}`,
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

/** Against ten thousand events, with as many in all as are asked for; `npm run bench` also asks with ten million. */
async function flat(): Promise<Answer[]> {
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

if (import.meta.main) report(await flat());
