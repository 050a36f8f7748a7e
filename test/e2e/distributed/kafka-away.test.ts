import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startKafka } from '../../support/kafka/server.ts';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { expectAllStored, Load } from '../../support/product/load.ts';
import { expectProbes } from '../../support/product/probes.ts';
import { waitFor } from '../../support/product/process.ts';

const outageMs = 20_000;
const away = { livez: 200, readyz: 503 };
const there = { livez: 200, readyz: 200 };

test('when Kafka is restarted, and then killed for 20 s under load, no event is lost and all services recover', async () => {
  const kafka = await startKafka();
  onTestFinished(() => kafka.stop());
  await using run = await prepareDistributed({ brokers: kafka.brokers });
  const collectors = [await run.start('collector')];
  const [second, metrics, ...consumers] = await Promise.all([
    run.start('collector'),
    run.start('metrics'),
    run.start('consumer'),
    run.start('consumer'),
  ]);
  collectors.push(second);
  const all = [...collectors, ...consumers];
  await using load = new Load(() => collectors);
  await load.more(200);

  await kafka.stopGracefully();
  await kafka.restart();
  await load.more(200);

  await kafka.crash();
  const isBack = sleep(outageMs);
  await expectProbes(all, away);
  const accepted = load.accepted.length;
  const refused = load.refused.length;
  await waitFor(() => load.refused.length > refused + 20);
  for (const collector of collectors) expect((await collector.post({ type: 'typo' })).status).toBe(400);
  await isBack;
  expect(load.accepted.length).toBe(accepted);
  await expectProbes(all, away);

  await kafka.restart();
  await expectProbes(all, there);
  await load.more(200);
  await load.finish();

  for (const refusal of load.refused) {
    expect(refusal).toMatchObject({ status: 503, type: 'application/problem+json' });
    expect(Number(refusal.retryAfter)).toBeGreaterThan(0);
  }
  await expectAllStored(run, load, metrics);
  for (const service of all) expect(await service.stop()).toEqual({ code: 0, signal: null });
});
