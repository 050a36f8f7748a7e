import { describe, expect, test } from 'vitest';
import { defaultAlertLabels } from '../../../../../../domain/catalogue/model.ts';
import { alertmanager } from '../../../../../../services/collector/sources/alertmanager/alertmanager.ts';
import { Unmappable } from '../../../../../../services/collector/sources/source.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { parsed, parsedEvents } from '../../../../../support/senders/tool-request.ts';
import { type Alert, alertmanagerMessage, highErrorRate } from './payloads.ts';

const eventsOf = (alerts: readonly Alert[], options = {}) =>
  parsedEvents(alertmanager, alertmanagerMessage(alerts), options);

const about = {
  service: 'checkout',
  environment: 'production',
  source: 'alertmanager',
  incident: '523f0453e7160b24/2026-11-20T14:03:12.345Z',
  severity: 'critical',
  reason: 'HighErrorRate: Over 5 % of requests fail',
  url: 'http://prometheus.example.com/graph?g0.expr=errors',
};
const detected = { type: 'incident_detected', ...about, time: '2026-11-20T14:03:12.345Z' };
const resolvedAlert = {
  ...highErrorRate,
  status: 'resolved',
  endsAt: '2026-11-20T15:09:12.345+01:00',
} as const;
const resolved = { type: 'incident_resolved', ...about, time: '2026-11-20T14:09:12.345Z' };
const other = { ...highErrorRate, fingerprint: '0a895c347a55063f', startsAt: '2026-11-20T14:04:42Z' };
const otherDetected = {
  ...detected,
  incident: '0a895c347a55063f/2026-11-20T14:04:42.000Z',
  time: '2026-11-20T14:04:42.000Z',
};

describe('every alert of a message is an incident of its own', () => {
  test('one that fires', () => expect(eventsOf([highErrorRate])).toEqual([detected]));
  test('two that fire', () => expect(eventsOf([highErrorRate, other])).toEqual([detected, otherDetected]));
  test('one that is resolved while another fires; the resolution reports the detection too', () =>
    expect(eventsOf([resolvedAlert, other])).toEqual([detected, resolved, otherDetected]));
  test('none', () => expect(eventsOf([])).toEqual([]));
});

test('a repeated alert is the same event; with other annotations it is another event of the same incident', () => {
  const first = parsed(alertmanager, alertmanagerMessage([highErrorRate]));
  const repeat = parsed(alertmanager, alertmanagerMessage([highErrorRate], 'repeat interval elapsed'));
  expect(repeat).toEqual(first);
  const annotations = { summary: 'Over 9 % of requests fail' };
  const [moved] = parsed(alertmanager, alertmanagerMessage([{ ...highErrorRate, annotations }])).events;
  expect(moved).toMatchObject({ incident: about.incident, time: detected.time });
  expect(moved?.id).not.toBe(first.events[0]?.id);
});

test('an alert that fires again is another incident', () => {
  const [again] = eventsOf([{ ...highErrorRate, startsAt: '2026-11-20T16:00:00Z' }]);
  expect(again).toMatchObject({ incident: '523f0453e7160b24/2026-11-20T16:00:00.000Z' });
});

describe('labels', () => {
  const labelled = (labels: Readonly<Record<string, string>>, options = {}) =>
    eventsOf([{ ...highErrorRate, labels }], options);

  test('are those of the catalogue; the first one that an alert has is used', () => {
    const alerts = {
      ...defaultAlertLabels,
      service: ['team_service', 'app'],
      environment: ['stage'],
      change: ['git_sha'],
      rollout: ['attempt'],
    };
    const labels = { app: 'shop', service: 'nobody', stage: 'prod', git_sha: '4f1c2ab', attempt: 'r7' };
    expect(labelled(labels, { catalogue: { alerts } })).toMatchObject([
      { service: 'shop', environment: 'production', change: '4f1c2ab', rollout: 'r7' },
    ]);
  });

  test.each([
    [{ alertname: 'Watchdog', job: 'prometheus' }],
    [{ alertname: 'Slow', service: 'checkout', severity: 'info' }],
  ])('%j is no incident', labels => expect(labelled(labels)).toEqual([]));

  test('services that the catalogue does not know are reported', () => {
    expect(parsed(alertmanager, alertmanagerMessage([highErrorRate, other])).unknownServices).toEqual([
      'checkout',
    ]);
  });

  test('an alert without a service cannot be mapped, unless the address names one; the other alerts are', () => {
    const nameless = { ...highErrorRate, labels: { alertname: 'DiskFull' } };
    const why =
      'DiskFull has none of the labels that name a service: service, app, job. Add one to the rule, name others in the catalogue, or put ?service= behind the address.';
    expect(() => eventsOf([nameless])).toThrow(new Unmappable(why));
    const { events, incomplete } = parsed(alertmanager, alertmanagerMessage([highErrorRate, nameless]));
    expect(events).toEqual(parsed(alertmanager, alertmanagerMessage([highErrorRate])).events);
    expect(incomplete).toBe(`1 of 2 alerts: ${why}`);
    const query = { service: 'platform', environment: 'staging' };
    expect(eventsOf([nameless], { query })).toMatchObject([{ service: 'platform', environment: 'staging' }]);
  });
});

test.each([
  ['a payload of the user’s own', { text: 'HighErrorRate is firing' }, /has no list of alerts/],
  ['no JSON', 'firing', /not JSON/],
  ['an alert without a start', alertmanagerMessage([{ ...highErrorRate, startsAt: '' }]), /when it started/],
  [
    'an alert without a fingerprint',
    alertmanagerMessage([{ ...highErrorRate, fingerprint: '' }]),
    /fingerprint/,
  ],
])('%s cannot be mapped', (_, payload, sentence) => {
  expect(() => parsed(alertmanager, payload)).toThrow(Unmappable);
  expect(() => parsed(alertmanager, payload)).toThrow(sentence);
});

test('damaged messages give valid events or are not mapped', () => {
  survivesDamage(alertmanager, [
    alertmanagerMessage([resolvedAlert, other]),
    alertmanagerMessage([{ ...highErrorRate, labels: { job: 'shop', version: '7', rollout: 'r1' } }]),
  ]);
});
