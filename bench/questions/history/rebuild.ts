/**
 * Question: how fast is everything derived again from the stored events, and in how much memory? Baseline: writing the
 * raw events alone. The rebuild pauses after each tenth while some events are written plainly into another table, so
 * that both see the same machine. `--events 10000000` asks with a longer history, as `ten-million.ts` does.
 */
import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import { RawEvents } from '../../baselines/plain.ts';
import { withRawEvents } from '../../measure/filled.ts';
import { type Answer, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { type BenchDatabase, startPostgres } from '../../measure/servers.ts';
import { historyOf } from '../../traffic/history.ts';
import { batches, identified, traffic } from '../../traffic/traffic.ts';

const segments = 10;
const plainEventsMax = 200_000;

interface Progress {
  readonly events?: number;
  readonly done?: boolean;
  readonly peakMb: number;
}

/**
 * @param database holds raw events and nothing derived from them
 * @param stored how many raw events
 */
export async function timeRebuild(database: BenchDatabase, stored: number): Promise<Answer[]> {
  const table = new RawEvents(database.db, 'plain');
  const events = Math.min(plainEventsMax, stored / segments);
  const more = [
    ...batches(identified(traffic({ events, services: 1_000, from: 0, to: 60 * dayMs })), 10_000),
  ];
  const plainRate = async () => {
    await table.clear();
    return table.rate(more);
  };

  const child = fork(new URL('rebuild-worker.ts', import.meta.url), {
    env: { ...process.env, DATABASE_URL: database.url },
  });
  const base: number[] = [];
  let reached = 0;
  let waiting = 0;
  let peak = 0;
  let segmentFrom = 0;
  let segmentAt = performance.now();
  const startedAt = performance.now();
  let pausedMs = 0;
  let done = false;
  const ended = new Promise<number | null>(resolve => child.on('exit', resolve));
  child.on('message', (message: Progress) => {
    peak = Math.max(peak, message.peakMb);
    done = message.done ?? false;
    if (message.events === undefined) return;
    reached = message.events;
    waiting += 1;
    if (reached - segmentFrom < stored / segments) goOn();
  });
  const goOn = () => {
    waiting = 0;
    child.send('go on');
  };
  for (;;) {
    await sleep(5);
    if (done || child.exitCode !== null) break;
    // Both lanes wait, or the only one that still has work.
    if (reached - segmentFrom < stored / segments || waiting === 0) continue;
    await sleep(1_500);
    const pausedSince = performance.now() - 1_500;
    const rate = ((reached - segmentFrom) / (pausedSince - segmentAt)) * 1000;
    const plain = await plainRate();
    base.push(plain);
    console.log(
      `${reached} events: ${rate.toFixed(0)}/s beside ${plain.toFixed(0)}/s, ${peak.toFixed(0)} MB`,
    );
    segmentFrom = reached;
    segmentAt = performance.now();
    pausedMs += segmentAt - pausedSince;
    goOn();
  }
  if ((await ended) !== 0) throw new Error('the rebuild failed');
  const wholeMs = performance.now() - startedAt - pausedMs;
  const whole = (stored / wholeMs) * 1000;
  console.log(
    `${stored} events in ${(wholeMs / 1000).toFixed(0)} s, sorting, the swap and the start included`,
  );
  return [
    answer(
      {
        question: `rebuild from ${stored} stored events, sorting and swap included`,
        unit: 'events/s',
        goal: { ratio: 'at least', of: 0.5 },
      },
      { measured: base.map(() => whole), base },
    ),
    answer(
      {
        question: `rebuild from ${stored} stored events: memory of the process at its peak`,
        unit: 'MB',
        goal: { value: 'at most', of: 512 },
      },
      { measured: [peak], base: [] },
    ),
  ];
}

async function rebuild(): Promise<Answer[]> {
  const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });
  const events = Number(values.events);
  const services = Math.min(1_000, Math.ceil(events / 10_000));
  const now = Date.now();
  const server = await startPostgres();
  try {
    const recent = { events: events / 100, days: 89 };
    const history = historyOf({ services, recent, oldEvents: events - recent.events }, now);
    const { database, stored } = await withRawEvents(server, history);
    const answers = await timeRebuild(database, stored);
    await database.close();
    return answers;
  } finally {
    await server.stop();
  }
}

if (import.meta.main) report(await rebuild());
