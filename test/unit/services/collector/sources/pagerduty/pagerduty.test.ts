import { expect, test } from 'vitest';
import { pagerduty } from '../../../../../../services/collector/sources/pagerduty/pagerduty.ts';
import { Unmappable } from '../../../../../../services/collector/sources/source.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { parsedEvents } from '../../../../../support/senders/tool-request.ts';
import { pagerdutyMessage, pagerdutyPing } from './payloads.ts';

const about = {
  service: 'Checkout API',
  environment: 'production',
  source: 'pagerduty',
  incident: 'PGR0VU2',
  severity: 'P1',
  reason: 'Checkout answers slowly',
  url: 'https://acme.pagerduty.com/incidents/PGR0VU2',
};
const detected = { type: 'incident_detected', ...about, time: '2026-11-20T14:03:12.000Z' };
const later = { occurredAt: '2026-11-20T15:00:00.500+01:00' };
const at = { time: '2026-11-20T14:00:00.500Z' };

test('an incident begins when it was created', () =>
  expect(parsedEvents(pagerduty, pagerdutyMessage('incident.triggered'))).toEqual([detected]));

test.each([null, { type: 'merge_resolve_reason', incident: { id: 'PGR0VU3' } }])(
  'an incident that is resolved (%j) ends at the time of the event',
  reason => {
    const message = pagerdutyMessage('incident.resolved', { ...later, data: { resolve_reason: reason } });
    expect(parsedEvents(pagerduty, message)).toEqual([
      detected,
      { type: 'incident_resolved', ...about, ...at },
    ]);
  },
);

test('an incident that is reopened is detected at the time of the event', () =>
  expect(parsedEvents(pagerduty, pagerdutyMessage('incident.reopened', later))).toEqual([
    { ...detected, ...at },
  ]));

test.each(['incident.acknowledged', 'incident.annotated', 'incident.priority_updated', 'service.updated'])(
  '%s gives no event',
  type => expect(parsedEvents(pagerduty, pagerdutyMessage(type))).toEqual([]),
);
test('a ping gives no event', () => expect(parsedEvents(pagerduty, pagerdutyPing)).toEqual([]));

test('the service is that of the catalogue or of the address', () => {
  const checkout = {
    name: 'checkout',
    aliases: ['PF9KMXH'],
    repositories: [],
    paths: [],
    artifacts: [],
    environments: {},
    flags: {},
  };
  const message = pagerdutyMessage('incident.triggered');
  expect(parsedEvents(pagerduty, message, { catalogue: { services: [checkout] } })).toMatchObject([
    { service: 'checkout' },
  ]);
  const query = { service: 'shop', environment: 'staging' };
  expect(parsedEvents(pagerduty, message, { query })).toMatchObject([query]);
});

test('an incident without a service cannot be mapped', () => {
  const message = pagerdutyMessage('incident.triggered', { data: { service: null } });
  expect(() => parsedEvents(pagerduty, message)).toThrow(Unmappable);
});

test('damaged messages give valid events or are not mapped', () =>
  survivesDamage(pagerduty, [
    pagerdutyMessage('incident.triggered'),
    pagerdutyMessage('incident.resolved'),
    pagerdutyPing,
  ]));
