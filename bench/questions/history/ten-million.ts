/**
 * The questions about a long history, on one database of ten million events over ten years, which takes minutes to
 * fill: how fast is it rebuilt, and what do a scrape and a refresh cost on it? `--events 1000000` asks with a shorter one.
 */
import { parseArgs } from 'node:util';
import { filled, withRawEvents } from '../../measure/filled.ts';
import type { Answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { startPostgres } from '../../measure/servers.ts';
import { historyOf } from '../../traffic/history.ts';
import { compareRefreshes } from '../metrics/refresh.ts';
import { compareScrapes } from '../metrics/scrape.ts';
import { timeRebuild } from './rebuild.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '10000000' } } });
const events = Number(values.events);
const services = Math.min(1_000, Math.ceil(events / 10_000));
const recent = { events: events / 100, days: 89 };
const now = Date.now();

const server = await startPostgres();
const answers: Answer[] = [];
try {
  const history = historyOf({ services, recent, oldEvents: events - recent.events }, now);
  const { database: old, stored } = await withRawEvents(server, history);
  answers.push(...(await timeRebuild(old, stored)));
  const few = await filled(server, historyOf({ services, recent }, now));
  const dense = await filled(
    server,
    historyOf({ services, recent: { ...recent, events: events / 10 } }, now),
  );
  answers.push(...(await compareRefreshes({ few, old, dense }, { services, events })));
  await dense.close();
  answers.push(...(await compareScrapes(server, { few, many: old }, { few: recent.events, many: stored })));
} finally {
  await server.stop();
}
report(answers);
