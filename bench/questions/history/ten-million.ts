/**
 * The questions about a long history, asked of one record of ten million events over ten years, which takes minutes to
 * write: how fast it is made again, and what a scrape and a refresh cost on it. `--events 1000000` for a shorter one.
 */
import { parseArgs } from 'node:util';
import { agreeOnAttributionWindow } from '../../../store/schema/settings.ts';
import { RawEvents } from '../../baselines/plain.ts';
import { attributionWindowMinutes, filled } from '../../measure/filled.ts';
import type { Answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { freshDatabase, startPostgres } from '../../measure/servers.ts';
import { batches, recorded } from '../../traffic/traffic.ts';
import { compareRefreshes, eventsOf } from '../metrics/refresh.ts';
import { compareScrapes } from '../metrics/scrape.ts';
import { timeRebuild } from './rebuild.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '10000000' } } });
const events = Number(values.events);
const services = Math.min(1_000, events / 10_000);
const recent = { events: events / 100, days: 89 };
const now = Date.now();

const server = await startPostgres();
const answers: Answer[] = [];
try {
  const old = await freshDatabase(server);
  await agreeOnAttributionWindow(old.db, attributionWindowMinutes);
  const raw = new RawEvents(old.db, 'event');
  let stored = 0;
  const history = eventsOf({ services, recent, oldEvents: events - recent.events }, now);
  for (const batch of batches(recorded(history), 10_000)) {
    await raw.insert(batch);
    const before = stored;
    stored += batch.length;
    if (Math.floor(stored / 1e6) > Math.floor(before / 1e6)) console.log(`${stored} raw events are there`);
  }
  answers.push(...(await timeRebuild(old, stored)));
  const few = await filled(server, eventsOf({ services, recent }, now));
  const dense = await filled(server, eventsOf({ services, recent: { ...recent, events: events / 10 } }, now));
  answers.push(...(await compareRefreshes({ few, old, dense }, { services, events })));
  await dense.close();
  answers.push(...(await compareScrapes(server, { few, many: old }, { few: recent.events, many: stored })));
} finally {
  await server.stop();
}
report(answers);
