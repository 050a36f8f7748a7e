import fc from 'fast-check';
import { expect, test } from 'vitest';
import { disorder, histories } from '../../support/histories/histories.ts';
import { expectShown, shown, type WholeEvent } from '../../support/histories/shown.ts';
import { type Distributed, prepareDistributed } from '../../support/product/distributed.ts';
import { moveToPresent } from '../../support/product/present.ts';
import type { Service } from '../../support/product/service.ts';
import { runs } from '../../support/run/properties.ts';

const connections = 4;

/** A history, and the batches in which its events arrive, in any order and repeated. */
const arrivals = histories.chain(history =>
  fc.record({ history: fc.constant(history), batches: disorder(history) }),
);

async function assignedEverywhere(run: Distributed): Promise<Service[]> {
  const consumers = await Promise.all([1, 2, 3].map(() => run.start('consumer')));
  const partitionsOf = async (consumer: Service) =>
    [...(await consumer.get('/metrics')).text.matchAll(/^firstlight_consumer_lag_messages\{/gm)].length;
  await expect.poll(() => Promise.all(consumers.map(partitionsOf)), { timeout: 60_000 }).toEqual([2, 2, 2]);
  return consumers;
}

test('over Kafka and three consumers, the numbers of any history are the definitions’, on every replica', {
  timeout: 300_000,
}, async () => {
  await using run = await prepareDistributed();
  const collectors = await Promise.all([run.start('collector'), run.start('collector')]);
  await assignedEverywhere(run);
  const replicas = await Promise.all([run.start('metrics'), run.start('metrics')]);

  const events: WholeEvent[] = [];
  let index = 0;
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ history, batches }) => {
      const place = moveToPresent(index++);
      events.push(...history.map(place));
      const queue = batches.map(batch => batch.map(place));
      const send = async (_: unknown, connection: number) => {
        const collector = collectors[connection % collectors.length];
        for (let next = queue.shift(); next !== undefined; next = queue.shift())
          expect((await collector?.post(next))?.status).toBe(202);
      };
      await Promise.all(Array.from({ length: connections }, send));
      for (const metrics of replicas) await expectShown(metrics, events);
    }),
    { numRuns: runs(8), endOnFailure: true },
  );
  for (const metrics of replicas)
    expect(await shown(metrics, 'firstlight_findings{reason="conflicting_repeat"}')).toBe(0);
});
