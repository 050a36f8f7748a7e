import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CloudEvent, HTTP } from 'cloudevents';
import { expect, test } from 'vitest';
import { emptyCatalogue } from '../../../domain/catalogue/model.ts';
import { hashOf } from '../../../services/collector/access/tokens.ts';
import {
  type CdEventFields,
  cdEvent,
  changeMerged,
  deployed,
  detected,
  packaged,
} from '../../unit/services/collector/sources/cdevents/payloads.ts';
import { startCollector } from './running-collector.ts';

const past = '2026-05-04T09:20:00Z';
const cloudEvent = (fields: CdEventFields) => {
  const data = cdEvent({ ...fields, time: past });
  const { id, source, type } = data.context;
  return new CloudEvent({ id, source, type, subject: data.subject.id, time: past, data });
};
const batchOf = (...all: { toJSON(): object }[]) => JSON.stringify(all.map(each => each.toJSON()));
const many = { 'content-type': 'application/cloudevents-batch+json' };

test('CDEvents are accepted in CloudEvents of each mode', async () => {
  const collector = await startCollector();
  const event = cloudEvent(deployed);
  const inBinary = HTTP.binary(event);
  const inStructured = HTTP.structured(event);
  const answers = [
    await collector.post(String(inBinary.body), inBinary.headers as Record<string, string>),
    await collector.post(String(inStructured.body), inStructured.headers as Record<string, string>),
    await collector.post(batchOf(event), many),
  ];
  expect(answers.map(({ status, body }) => [status, body.accepted])).toEqual(Array(3).fill([202, 1]));
  const [first, ...others] = collector.published;
  expect(first?.event).toMatchObject({
    type: 'change_exposed',
    id: 'b3a1c7de',
    source: '/ci/acme',
    service: 'checkout',
    time: '2026-05-04T09:20:00.000Z',
  });
  expect(others).toEqual([first, first]);
});

test('a batch may mix them with native events and with types that are not relevant', async () => {
  const collector = await startCollector();
  const native = new CloudEvent({
    id: '1',
    source: '/ci',
    type: 'change_merged',
    time: past,
    data: { service: 'checkout', change: '3f2a91c' },
  });
  const silent = cloudEvent({ type: 'pipelinerun.finished' });
  const answer = await collector.post(batchOf(silent, native, cloudEvent(packaged), silent), many);
  expect([answer.status, answer.body.accepted]).toEqual([202, 2]);
  expect(collector.published.map(({ event }) => [event.type, event.id])).toEqual([
    ['change_merged', '1'],
    ['change_merged', 'b3a1c7de'],
  ]);
  expect((await collector.post(batchOf(silent), many)).body).toEqual({ accepted: 0 });
});

test('one that cannot be mapped is listed with its index, and the whole batch is refused', async () => {
  const collector = await startCollector();
  const silent = cloudEvent({ type: 'build.started' });
  const nameless = cloudEvent({ ...detected, content: { environment: { id: 'production' } } });
  const answer = await collector.post(batchOf(silent, cloudEvent(deployed), nameless), many);
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toEqual([
    { item: 2, field: 'data', detail: 'It names no service; name one in customData.service.' },
  ]);
  expect(collector.published).toEqual([]);
});

test('a time in the future is a fault of the native event', async () => {
  const collector = await startCollector();
  const event = cloudEvent(deployed);
  const ahead = cdEvent({ ...deployed, time: '2026-05-05T00:00:00Z' });
  const answer = await collector.post(JSON.stringify([{ ...event.toJSON(), data: ahead }]), many);
  expect(answer.body.errors).toMatchObject([{ item: 0, field: 'time' }]);
});

test('a repository of several services gives an event for each, and the token must be allowed all of them', async () => {
  const lists = { aliases: [], paths: [], artifacts: [], environments: {}, flags: {} };
  const services = ['web', 'api'].map(name => ({ ...lists, name, repositories: ['acme/checkout'] }));
  const tokens = [
    { name: 'web', hash: hashOf('web-token'), services: ['web'] },
    { name: 'ci', hash: hashOf('ci-token') },
  ];
  const collector = await startCollector({ tokens, catalogue: () => ({ ...emptyCatalogue, services }) });
  const post = (token: string, ...all: CdEventFields[]) =>
    collector.post(batchOf(...all.map(cloudEvent)), { ...many, authorization: `Bearer ${token}` });
  const refused = await post('web-token', changeMerged);
  expect(refused.status).toBe(403);
  expect(refused.body.errors).toMatchObject([{ item: 0, field: 'service' }]);
  expect(collector.published).toEqual([]);
  expect((await post('ci-token', changeMerged, { ...deployed, subject: 'unheard-of' })).body.accepted).toBe(
    3,
  );
  expect(collector.published.map(({ event }) => event.service)).toEqual(['web', 'api', 'unheard-of']);
  expect(collector.observed).toContain('unknown events unheard-of');
});

test('the example reports a canary step from a shell', async () => {
  const collector = await startCollector({ now: Date.now });
  const send = (...args: string[]) =>
    promisify(execFile)('sh', ['examples/cdevents/service-upgraded.sh', ...args], {
      env: { PATH: process.env['PATH'], FIRSTLIGHT_URL: collector.url, ROLLOUT: 'checkout-17' },
    });
  await send('checkout', 'production', 'pkg:oci/checkout@2.0.1', '5');
  await send('checkout', 'production', 'pkg:oci/checkout@2.0.1', '100');
  const step = { service: 'checkout', environment: 'production', change: 'pkg:oci/checkout@2.0.1' };
  expect(collector.published.map(({ event }) => event)).toMatchObject([
    { ...step, rollout: 'checkout-17', weight: 5 },
    { ...step, rollout: 'checkout-17', weight: 100 },
  ]);
  await expect(send('checkout')).rejects.toThrow('service-upgraded.sh SERVICE ENVIRONMENT ARTIFACT');
});
