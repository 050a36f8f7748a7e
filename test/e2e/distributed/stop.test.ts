import { expect, test } from 'vitest';
import { blockTransactions } from '../../support/databases/blocker.ts';
import { storedIds } from '../../support/histories/shown.ts';
import { groupState } from '../../support/kafka/reading.ts';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { expectAllStored, Load } from '../../support/product/load.ts';
import { waitFor } from '../../support/product/process.ts';
import type { Service } from '../../support/product/service.ts';

/** The deadline of each service for stopping. */
const deadlinesMs = { collector: 10_000, consumer: 25_000, metrics: 10_000 };
/** For a busy machine. */
const graceMs = 3_000;

test('SIGTERM under load ends each process in time, and every event that it accepted is stored', async () => {
  await using run = await prepareDistributed();
  const collectors = [await run.start('collector')];
  const [second, metrics, consumer] = await Promise.all([
    run.start('collector'),
    run.start('metrics'),
    run.start('consumer'),
  ]);
  collectors.push(second);
  await using load = new Load(() => collectors);
  await load.more(300);
  await stopInTime(consumer);
  await load.more(200);
  await stopInTime(collectors[0]);
  await load.more(200);
  await stopInTime(metrics);
  await load.more(100);
  // The only collector left: from here on, no event is accepted.
  await stopInTime(second);
  await load.finish();

  const [shows] = await Promise.all([run.start('metrics'), run.start('consumer')]);
  await expectAllStored(run, load, shows);
});

test('a consumer stops in time while it waits to join a busy group', async () => {
  await using run = await prepareDistributed();
  const collector = await run.start('collector');
  const atWork = await run.start('consumer');
  await using load = new Load(() => [collector]);
  await load.more(200);
  await waitFor(async () => (await storedIds(run)).length > 100);
  const blocker = await blockTransactions(run.databaseUrl);
  const joining = await run.start('consumer', {}, { ready: false });
  await expect.poll(() => groupState(run), { timeout: 30_000 }).toBe('PreparingRebalance');
  await stopInTime(joining);
  atWork.signal('SIGTERM');
  await blocker.release();
  expect(await atWork.ended).toEqual({ code: 0, signal: null });
});

async function stopInTime(service: Service | undefined): Promise<void> {
  if (service === undefined) throw new Error('there is no such process');
  const signalledAt = performance.now();
  service.signal('SIGTERM');
  expect(await service.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - signalledAt).toBeLessThan(deadlinesMs[service.name] + graceMs);
  expect(service.output()).toContain('"msg":"stopped"');
}
