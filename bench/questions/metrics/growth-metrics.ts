/**
 * Question: how does a refresh of the metrics service grow with the number of services, and of open incidents? Baseline:
 * a tenth of them; linear growth has a ratio of 10. Each size has a process of its own. The observations are made up, so
 * that the database costs nothing. The longest pause of the event loop and the memory are measured too.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { invalidateWholly } from '../../../services/metrics/live/source.ts';
import { type Answer, alternate, answer, type Question } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';
import { madeUpSource } from '../../traffic/made-up-source.ts';

interface Size {
  readonly services: number;
  /** Open incidents of each service. */
  readonly open: number;
}

/** Of each service, in the longest window. */
const rollouts = 50;
const sizes: readonly Size[] = [10, 100, 1_000, 10_000].map(services => ({ services, open: 0 }));
const incidents: readonly Size[] = [10, 100, 1_000].map(open => ({ services: 100, open }));
/** Ten times as many may cost a little more than ten times as much, because of noise and the processor's caches. */
const linear = 12;
const pauseMsMax = 100;

type Order = 'first load' | 'one service' | 'everything';

interface Measurement {
  readonly ms: number;
  readonly pauseMs: number;
  readonly residentMb: number;
}

/** Carries out the parent process's orders, one after the other. */
async function work({ services, open }: Size): Promise<void> {
  const madeUpAt = Date.now();
  let now = madeUpAt;
  const snapshot = new Snapshot({
    source: madeUpSource({ services, open, rollouts, days: 90, now }),
    now: () => now,
    registry: new Registry(),
    onError: error => {
      throw error;
    },
    readEveryMs: 0,
    slideEveryMs: 2 ** 30,
  });
  let refreshed = 0;
  process.on('message', async (order: Order) => {
    global.gc?.();
    const pauses = monitorEventLoopDelay({ resolution: 1 });
    pauses.enable();
    const startedAt = performance.now();
    if (order === 'first load') {
      await snapshot.start();
    } else {
      now += 1_000;
      snapshot.invalidate(
        order === 'everything' ? null : invalidateWholly([`service-${refreshed++ % services}`]),
        null,
      );
      await snapshot.refreshed();
    }
    const ms = performance.now() - startedAt;
    pauses.disable();
    global.gc?.();
    const residentMb = process.memoryUsage.rss() / 1e6;
    process.send?.({ ms, pauseMs: pauses.max / 1e6, residentMb } satisfies Measurement);
  });
}

/** A process that holds observations of one size. */
class Worker {
  readonly #child: ChildProcess;
  readonly pauses: number[] = [];
  residentMb = 0;

  constructor(size: Size) {
    this.#child = fork(new URL(import.meta.url), [JSON.stringify(size)]);
  }

  async ask(order: Order): Promise<number> {
    this.#child.send(order);
    const [measurement] = (await once(this.#child, 'message')) as [Measurement];
    this.pauses.push(measurement.pauseMs);
    this.residentMb = Math.max(this.residentMb, measurement.residentMb);
    return measurement.ms;
  }

  stop(): void {
    this.#child.kill();
  }
}

async function compare(small: Size, large: Size, what: string): Promise<Answer[]> {
  const base = new Worker(small);
  const measured = new Worker(large);
  const ask = (order: Order) =>
    alternate(
      () => measured.ask(order),
      () => base.ask(order),
    );
  const question = (order: string): Question => ({
    question: `${order}, ${what}`,
    unit: 'ms',
    goal: { ratio: 'at most', of: linear },
  });
  try {
    const first = [await measured.ask('first load'), await base.ask('first load')] as const;
    return [
      answer({ ...question('first load'), goal: null }, { measured: [first[0]], base: [first[1]] }),
      answer(question('refresh after one event'), await ask('one service')),
      answer(question('refresh of everything'), await ask('everything')),
      answer(
        { question: `longest pause, ${what}`, unit: 'ms', goal: { value: 'at most', of: pauseMsMax } },
        { measured: [Math.max(...measured.pauses)], base: [] },
      ),
      answer(
        { question: `resident memory, ${what}`, unit: 'MB', goal: null },
        { measured: [measured.residentMb], base: [base.residentMb] },
      ),
    ];
  } finally {
    measured.stop();
    base.stop();
  }
}

async function growth(): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [i, large] of sizes.entries()) {
    const small = sizes[i - 1];
    if (small)
      answers.push(...(await compare(small, large, `${large.services} services beside ${small.services}`)));
  }
  for (const [i, large] of incidents.entries()) {
    const small = incidents[i - 1];
    const what = `${large.open} open incidents of each of ${large.services} services`;
    if (small) answers.push(...(await compare(small, large, `${what}, beside ${small.open}`)));
  }
  return answers;
}

const [size] = process.argv.slice(2);
if (size === undefined) report(await growth());
else await work(JSON.parse(size) as Size);
