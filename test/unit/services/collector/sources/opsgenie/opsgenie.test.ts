import { expect, test } from 'vitest';
import { opsgenie } from '../../../../../../services/collector/sources/opsgenie/opsgenie.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { parsedEvents } from '../../../../../support/senders/tool-request.ts';
import { opsgenieMessage } from './payloads.ts';

const about = {
  service: 'checkout',
  environment: 'production',
  source: 'opsgenie',
  incident: '052652ac-5d1c-464a-812a-7dd18bbfba8c',
  severity: 'P1',
  reason: 'Checkout answers slowly',
};
const detected = { type: 'incident_detected', ...about, time: '2026-11-20T14:03:11.104Z' };

test('an alert begins when it was created, in milliseconds', () =>
  expect(parsedEvents(opsgenie, opsgenieMessage('Create'))).toEqual([detected]));

test('it ends when it was closed, in nanoseconds', () =>
  expect(parsedEvents(opsgenie, opsgenieMessage('Close'))).toEqual([
    detected,
    { type: 'incident_resolved', ...about, time: '2026-11-20T14:13:12.166Z' },
  ]));

test.each(['Acknowledge', 'AddNote', 'Delete', 'AssignOwnership'])('%s gives no event', action =>
  expect(parsedEvents(opsgenie, opsgenieMessage(action))).toEqual([]),
);

test('tags and details name service, environment and change', () => {
  const tags = ['critical', 'service:shop', 'env: prod'];
  expect(parsedEvents(opsgenie, opsgenieMessage('Create', { tags }))).toMatchObject([
    { service: 'shop', environment: 'production' },
  ]);
  const details = { service: 'shop', environment: 'staging', change: '4f1c2ab' };
  expect(parsedEvents(opsgenie, opsgenieMessage('Create', { details }))).toMatchObject([details]);
});

test('an alert without a service cannot be mapped', () => {
  expect(() => parsedEvents(opsgenie, opsgenieMessage('Create', { entity: '' }))).toThrow(/names no service/);
});

test('damaged messages give valid events or are not mapped', () =>
  survivesDamage(opsgenie, [opsgenieMessage('Create'), opsgenieMessage('Close', { tags: ['service:x'] })]));
