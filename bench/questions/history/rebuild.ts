/**
 * Question: how fast is everything made again from 10 million stored events, and in how much memory? Baseline: writing
 * the events alone. The rebuild stands still while some more are written plainly into another table, again and again,
 * so that both see the same machine.
 */
import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { dayMs } from '../../../domain/metrics/definitions.ts';
import { RawEvents } from '../../baselines/plain.ts';
import { type Answer, answer } from '../../measure/measure.ts';
import type { BenchDatabase } from '../../measure/servers.ts';
import { batches, recorded, traffic } from '../../traffic/traffic.ts';

const segments = 10;
const plainEvents = 200_000;

interface Progress {
  readonly events?: number;
  readonly done?: boolean;
  readonly peakMb: number;
}

/**
 * @param stored how many raw events the database holds, and nothing made of them
 */
export async function timeRebuild({ db, url }: BenchDatabase, stored: number): Promise<Answer[]> {
  const plain = new RawEvents(db, 'plain');
  const more = [
    ...batches(recorded(traffic({ events: plainEvents, services: 1_000, from: 0, to: 60 * dayMs })), 10_000),
  ];
  const plainRate = async () => {
    await plain.clear();
    return plain.rate(more);
  };

  const child = fork(new URL('rebuild-worker.ts', import.meta.url), {
    env: { ...process.env, DATABASE_URL: url },
  });
  const base: number[] = [];
  let reached = 0;
  let waiting = 0;
  let peak = 0;
  let segmentFrom = 0;
  let segmentAt = performance.now();
  const startedAt = performance.now();
  let standingMs = 0;
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
    // Both lanes stand, or the only one that has still something to do.
    if (reached - segmentFrom < stored / segments || waiting === 0) continue;
    await sleep(1_500);
    const standsSince = performance.now() - 1_500;
    const rate = ((reached - segmentFrom) / (standsSince - segmentAt)) * 1000;
    const plainly = await plainRate();
    base.push(plainly);
    console.log(
      `${reached} events: ${rate.toFixed(0)}/s beside ${plainly.toFixed(0)}/s, ${peak.toFixed(0)} MB`,
    );
    segmentFrom = reached;
    segmentAt = performance.now();
    standingMs += segmentAt - standsSince;
    goOn();
  }
  if ((await ended) !== 0) throw new Error('the rebuild failed');
  const wholeMs = performance.now() - startedAt - standingMs;
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
