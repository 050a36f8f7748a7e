import { expect, onTestFinished, test } from 'vitest';
import { expectShown } from '../../support/histories/shown.ts';
import { kcat } from '../../support/kafka/kcat.ts';
import { startOtlpReceiver } from '../../support/monitoring/otlp-receiver.ts';
import { prepareDistributed } from '../../support/product/distributed.ts';
import { waitFor } from '../../support/product/process.ts';
import { Senders } from '../../support/senders/senders.ts';

test('one trace goes from the request to the scrape that shows it, through three processes', async () => {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  await using run = await prepareDistributed({ env: receiver.env });
  const collector = await run.start('collector');
  const [metrics] = await Promise.all([run.start('metrics'), run.start('consumer')]);

  const events = new Senders().next(8);
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  expect((await collector.post(events, { traceparent })).status).toBe(202);
  await expectShown(metrics, events);

  const names = ['POST /v1/events', `send ${run.topic}`, `process ${run.topic}`, 'record', 'refresh'];
  const spans = await waitFor(
    () => {
      const ours = receiver.spans().filter(span => span.traceId === traceId);
      return names.every(name => ours.some(span => span.name === name)) && ours;
    },
    { what: 'every span of the trace', deadlineMs: 30_000 },
  );
  const chain = names.map(name => spans.find(span => span.name === name));
  expect(chain.map(span => span?.service)).toEqual([
    'firstlight-collector',
    'firstlight-collector',
    'firstlight-consumer',
    'firstlight-consumer',
    'firstlight-metrics',
  ]);
  const parents = ['b7ad6b7169203331', ...chain.slice(0, -1).map(span => span?.spanId)];
  expect(chain.map(span => span?.parentSpanId)).toEqual(parents);
});

test('without an endpoint, the messages carry no trace', async () => {
  await using run = await prepareDistributed();
  const collector = await run.start('collector');
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect((await collector.post(new Senders().next(1), { traceparent })).status).toBe(202);
  const output = await kcat(['-C', '-b', run.brokers, '-t', run.topic, '-e', '-q', '-f', '%h\n']);
  expect(output).toContain('ce_id=');
  expect(output).not.toContain('traceparent');
});
