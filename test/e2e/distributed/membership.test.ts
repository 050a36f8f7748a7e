import { expect, test } from 'vitest';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { expectAllStored, Load } from '../../support/product/load.ts';

test('consumers that join and leave under load hand over their partitions, and no event is lost or duplicated', async () => {
  await using run = await prepareDistributed();
  const collector = await run.start('collector');
  const [metrics, ...consumers] = await Promise.all([run.start('metrics'), run.start('consumer')]);
  await using load = new Load(() => [collector]);
  await load.more(100);
  // Up to three consumers join and leave, singly and together; the last one has seen none of the others' work.
  for (const change of ['join', 'join', 'leave', 'both', 'leave'] as const) {
    await Promise.all([
      change === 'join' || change === 'both'
        ? run.start('consumer').then(joined => consumers.push(joined))
        : null,
      change === 'leave' || change === 'both' ? consumers.shift()?.stop().then(expectClean) : null,
    ]);
    await load.more(100);
  }
  await load.finish();
  expect(consumers).toHaveLength(1);
  await expectAllStored(run, load, metrics);
});

const expectClean = (exit: unknown) => expect(exit).toEqual({ code: 0, signal: null });
