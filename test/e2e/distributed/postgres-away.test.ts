import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { blockTransactions } from '../../support/databases/blocker.ts';
import { startServer } from '../../support/databases/server.ts';
import { parseSeries } from '../../support/histories/series.ts';
import { storedIds } from '../../support/histories/shown.ts';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { expectAllStored, Load } from '../../support/product/load.ts';
import { expectProbes } from '../../support/product/probes.ts';
import { waitFor } from '../../support/product/process.ts';
import type { Service } from '../../support/product/service.ts';

const outageMs = 20_000;
const away = { livez: 200, readyz: 503 };
const there = { livez: 200, readyz: 200 };

test('when PostgreSQL dies during a transaction under load and returns after 20 s, no offset is committed too early', async () => {
  const server = await startServer('postgres18');
  onTestFinished(() => server.stop());
  await using run = await prepareDistributed({ serverUrl: server.url });
  const collector = await run.start('collector');
  const [metrics, leaving, ...consumers] = await Promise.all([
    run.start('metrics'),
    run.start('consumer'),
    run.start('consumer'),
    run.start('consumer'),
  ]);
  await using load = new Load(() => [collector]);
  await load.more(300);
  await waitFor(async () => (await storedIds(run)).length > 100);

  await blockTransactions(run.databaseUrl);
  await server.crash();
  const isBack = sleep(outageMs);
  await expectProbes([leaving, ...consumers], away);
  // A consumer that has stored nothing of its batch may stop: the others get the batch.
  expect(await leaving.stop()).toEqual({ code: 0, signal: null });
  const before = (await metrics.get('/metrics')).text;
  const lag = await lagOf(consumers);
  await load.more(300);
  await waitFor(async () => (await lagOf(consumers)) > lag + 200, {
    what: 'a growing lag',
    deadlineMs: 60_000,
  });
  const meanwhile = (await metrics.get('/metrics')).text;
  expect(rolloutsIn(meanwhile)).toEqual(rolloutsIn(before));
  expect(ageIn(meanwhile)).toBeGreaterThan(ageIn(before));
  await isBack;
  await expectProbes(consumers, away);
  await expectProbes([collector], there);

  await server.restart();
  await expectProbes(consumers, there);
  await load.more(100);
  await load.finish();
  // The collector is not affected.
  expect(load.refused).toEqual([]);
  expect(load.unacknowledged).toEqual([]);
  await expectAllStored(run, load, metrics);
  await waitFor(async () => (await lagOf(consumers)) === 0, { what: 'no lag' });
  for (const service of [...consumers, metrics])
    expect(await service.stop()).toEqual({ code: 0, signal: null });
});

/** The number of messages that are not stored yet, in the consumers' metrics. */
async function lagOf(consumers: readonly Service[]): Promise<number> {
  const texts = await Promise.all(consumers.map(async each => (await each.get('/metrics')).text));
  return texts
    .flatMap(text => [...parseSeries(text, 'firstlight_consumer_lag_messages').values()])
    .reduce((sum, messages) => sum + messages, 0);
}

const rolloutsIn = (text: string) => parseSeries(text, 'dora_rollouts_total');
const ageIn = (text: string) => Number(/^firstlight_snapshot_age_seconds (\S+)$/m.exec(text)?.[1]);
