import { expect, inject, onTestFinished, test } from 'vitest';
import { startProxiedKafka } from '../../support/kafka/proxied.ts';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { expectAllStored, Load } from '../../support/product/load.ts';
import { startCommitProxy } from '../../support/proxies/commit-proxy.ts';

const cuts = 5;

test('cut connections to PostgreSQL, during a COMMIT or not, neither lose nor duplicate events', async () => {
  const behind = new URL(inject('servers').postgres18);
  await using proxy = await startCommitProxy(behind.hostname, Number(behind.port));
  await using run = await prepareDistributed({
    databaseUrl: url => Object.assign(new URL(url), { port: String(proxy.port) }).href,
  });
  const collector = await run.start('collector');
  const [metrics, ...consumers] = await Promise.all([
    run.start('metrics'),
    run.start('consumer'),
    run.start('consumer'),
    run.start('consumer'),
  ]);
  await using load = new Load(() => [collector]);
  await load.more(200);
  for (let turn = 0; turn < cuts; turn++) {
    proxy.cutAll();
    await load.more(20);
    await proxy.cutNextCommit('before');
    await load.more(20);
    await proxy.cutNextCommit('after');
    await load.more(20);
  }
  await load.finish();
  await expectAllStored(run, load, metrics);
  for (const each of [metrics, ...consumers]) expect(await each.stop()).toEqual({ code: 0, signal: null });
});

test('cut connections to Kafka under load neither lose nor duplicate events', async () => {
  const kafka = await startProxiedKafka();
  onTestFinished(() => kafka.stop());
  await using run = await prepareDistributed({ brokers: kafka.brokers });
  const proxied = { KAFKA_BROKERS: kafka.proxiedBrokers };
  const collectors = [await run.start('collector', proxied)];
  const [second, metrics, ...consumers] = await Promise.all([
    run.start('collector', proxied),
    run.start('metrics'),
    run.start('consumer', proxied),
    run.start('consumer', proxied),
  ]);
  collectors.push(second);
  await using load = new Load(() => collectors);
  await load.more(200);
  for (let turn = 0; turn < cuts; turn++) {
    kafka.proxy.cut();
    await load.more(50);
  }
  await load.finish();
  await expectAllStored(run, load, metrics);
  for (const each of [...collectors, ...consumers])
    expect(await each.stop()).toEqual({ code: 0, signal: null });
});
