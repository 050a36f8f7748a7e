import { expect, test } from 'vitest';
import { prepareDistributed } from '../../support/distributed.ts';
import { expectShown } from '../../support/record.ts';
import { Senders } from '../../support/senders.ts';

test('an event goes all the way', async () => {
  await using run = await prepareDistributed();
  const collector = await run.start('collector');
  const [metrics] = await Promise.all([run.start('metrics'), run.start('consumer')]);
  const events = new Senders().next(200);
  const answer = await collector.post(events);
  expect(answer).toMatchObject({ status: 202, text: '{"accepted":200}' });
  await expectShown(metrics, events);
});
