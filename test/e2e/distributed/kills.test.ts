import { expect, test } from 'vitest';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { expectAllStored, Load } from '../../support/product/load.ts';
import { waitFor } from '../../support/product/process.ts';
import type { Service } from '../../support/product/service.ts';

test('whichever process is killed under load, every accepted event is stored once and shown', async () => {
  await using run = await prepareDistributed();
  const collectors = [await run.start('collector')];
  const start = (name: 'consumer' | 'metrics') => run.start(name);
  const [second, metrics, ...consumers] = await Promise.all([
    run.start('collector'),
    start('metrics'),
    ...Array.from({ length: 3 }, () => start('consumer')),
  ]);
  collectors.push(second);
  await using load = new Load(() => collectors);
  await load.more(300);

  const killed = await atWork(consumers);
  await killed.crash();
  await load.more(200);
  const successor = start('consumer');

  await collectors[0]?.crash();
  await load.more(200);
  collectors[0] = await run.start('collector');
  await load.more(200);

  await metrics.crash();
  await load.more(200);
  const shows = await start('metrics');
  await successor;
  await load.more(200);
  await load.finish();

  expect(load.unacknowledged.length).toBeGreaterThan(0);
  await expectAllStored(run, load, shows);
});

/** A consumer that has just stored events. */
async function atWork(consumers: readonly Service[]): Promise<Service> {
  const count = async (consumer: Service) => {
    const { text } = await consumer.get('/metrics');
    return Number(/^firstlight_consumer_events_total\{outcome="stored"\} (\d+)$/m.exec(text)?.[1]);
  };
  const before = new Map(await Promise.all(consumers.map(async each => [each, await count(each)] as const)));
  return await waitFor(async () => {
    for (const each of consumers) if ((await count(each)) > (before.get(each) ?? 0)) return each;
    return null;
  });
}
