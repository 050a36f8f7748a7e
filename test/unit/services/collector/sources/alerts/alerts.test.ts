import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AlertMapping } from '../../../../../../domain/catalogue/model.ts';
import { alerts } from '../../../../../../services/collector/sources/alerts/alerts.ts';
import { alertMappings } from '../../../../../../services/collector/sources/alerts/mappings.ts';
import { Unmappable } from '../../../../../../services/collector/sources/source.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { parsed, parsedEvents } from '../../../../../support/senders/tool-request.ts';
import { grafanaMessage, sentryMessage } from './payloads.ts';

const by = (mapping: string, body: unknown) => parsedEvents(alerts, body, { query: { mapping } });
const example = (file: string) =>
  readFileSync(new URL(`../../../../../../examples/alerts/${file}`, import.meta.url), 'utf8');

describe('Datadog, with the payload of the example', () => {
  const datadog = (variables: Readonly<Record<string, string>>) =>
    JSON.parse(
      example('datadog.json').replace(/\$([A-Z_]+(?:\[\w+\])?)/g, (_, name: string) => variables[name] ?? ''),
    );
  const variables = {
    ALERT_CYCLE_KEY: '7716548234011400000',
    ALERT_TRANSITION: 'Triggered',
    'TAGS[service]': 'checkout',
    'TAGS[env]': 'prod',
    DATE: '1795183392157',
    EVENT_TITLE: '[Triggered] Checkout errors',
    ALERT_PRIORITY: 'P1',
    LINK: 'https://app.datadoghq.com/event/1',
  };
  const about = {
    service: 'checkout',
    environment: 'production',
    source: 'alerts/datadog',
    incident: '7716548234011400000',
    severity: 'P1',
    url: 'https://app.datadoghq.com/event/1',
  };

  test('a monitor triggers and recovers', () => {
    expect(by('datadog', datadog(variables))).toEqual([
      {
        ...about,
        type: 'incident_detected',
        time: '2026-11-20T14:03:12.157Z',
        reason: '[Triggered] Checkout errors',
      },
    ]);
    const recovered = {
      ...variables,
      ALERT_TRANSITION: 'Recovered',
      EVENT_TITLE: '[Recovered] Checkout errors',
      DATE: '1795184592000',
    };
    // The message has the time of the recovery only.
    expect(by('datadog', datadog(recovered))).toEqual([
      {
        ...about,
        type: 'incident_resolved',
        time: '2026-11-20T14:23:12.000Z',
        reason: '[Recovered] Checkout errors',
      },
    ]);
  });

  test('a warning gives no event, and a missing tag is not a value', () => {
    expect(by('datadog', datadog({ ...variables, ALERT_TRANSITION: 'Warn' }))).toEqual([]);
    expect(by('datadog', datadog({ ...variables, 'TAGS[env]': 'N/A' }))).toMatchObject([
      { environment: 'production' },
    ]);
    expect(() => by('datadog', datadog({ ...variables, 'TAGS[service]': 'N/A' }))).toThrow(Unmappable);
  });
});

describe('Honeycomb, with the template of the example', () => {
  const honeycomb = (variables: Readonly<Record<string, string>>) =>
    JSON.parse(
      example('honeycomb.tmpl').replace(/\{\{ toJson \.([\w.]+) \}\}/g, (_, name: string) =>
        JSON.stringify(variables[name] ?? ''),
      ),
    );
  const variables = {
    'Alert.InstanceID': 'b67ba3e5-b4b7-40c3-a556-be2a41eb16ac',
    'Alert.Status': 'TRIGGERED',
    'Alert.Summary': 'Triggered: "checkout" fails',
    'Vars.service': 'checkout',
    'Vars.environment': 'production',
    URL: 'https://ui.honeycomb.io/acme/environments/prod/triggers/sbLy6gwM56r',
  };
  const about = {
    service: 'checkout',
    environment: 'production',
    source: 'alerts/honeycomb',
    incident: 'b67ba3e5-b4b7-40c3-a556-be2a41eb16ac',
    reason: 'Triggered: "checkout" fails',
    url: 'https://ui.honeycomb.io/acme/environments/prod/triggers/sbLy6gwM56r',
  };

  test('a trigger fires and recovers, at the times of receipt', () => {
    expect(by('honeycomb', honeycomb(variables))).toEqual([{ ...about, type: 'incident_detected' }]);
    expect(by('honeycomb', honeycomb({ ...variables, 'Alert.Status': 'OK' }))).toEqual([
      { ...about, type: 'incident_resolved' },
    ]);
  });
});

describe('Sentry', () => {
  const about = {
    service: 'checkout',
    environment: 'production',
    source: 'alerts/sentry',
    incident: '4',
    reason: 'Too many errors',
    url: 'https://sentry.example.com/organizations/acme/alerts/1/',
  };
  const detected = { ...about, type: 'incident_detected', time: '2026-11-20T14:03:12.000Z' };

  test('a metric alert warns, becomes critical, and is resolved at the time of receipt', () => {
    expect(by('sentry', sentryMessage('warning'))).toEqual([detected]);
    expect(by('sentry', sentryMessage('critical'))).toEqual([detected]);
    expect(by('sentry', sentryMessage('resolved'))).toEqual([
      detected,
      { ...about, type: 'incident_resolved' },
    ]);
  });

  test('it is resolved at the time when it was closed, if that is reported', () => {
    const message = sentryMessage('resolved');
    message.data.metric_alert.date_closed = '2026-11-20T14:23:12Z';
    message.data.metric_alert.alert_rule.environment = 'staging';
    expect(by('sentry', message)).toMatchObject([
      { environment: 'staging' },
      { type: 'incident_resolved', time: '2026-11-20T14:23:12.000Z' },
    ]);
  });
});

describe('Grafana', () => {
  const about = {
    service: 'checkout',
    environment: 'production',
    source: 'alerts/grafana',
    incident: 'c6eadffa33fcdf37/2026-11-20T14:03:12.157Z',
    severity: 'critical',
    reason: 'Over 5 % of requests fail',
    url: 'https://grafana.example.com/alerting/grafana/1afz29v7z/view',
  };
  const detected = { ...about, type: 'incident_detected', time: '2026-11-20T14:03:12.157Z' };

  test('an alert fires and is resolved', () => {
    expect(by('grafana', grafanaMessage('firing'))).toEqual([detected]);
    expect(by('grafana', grafanaMessage('resolved'))).toEqual([
      detected,
      { ...about, type: 'incident_resolved', time: '2026-11-20T14:23:12.000Z' },
    ]);
  });

  test('an alert that fires again is another incident', () => {
    expect(by('grafana', grafanaMessage('firing', '2026-11-20T20:00:00Z'))).toMatchObject([
      { incident: 'c6eadffa33fcdf37/2026-11-20T20:00:00.000Z' },
    ]);
  });
});

describe('a mapping of the catalogue', () => {
  const own: AlertMapping = {
    alerts: '/a~1b/0',
    incident: '/id',
    status: '/is up',
    detected: ['false'],
    resolved: ['true'],
    defaultService: 'shop',
    detectedAt: '/since',
    resolvedAt: '/until',
    change: '/build/number',
  };
  const options = (mapping: AlertMapping = own) => ({
    query: { mapping: 'own' },
    catalogue: { mappings: { own: mapping } },
  });
  const body = (alert: object) => ({ 'a/b': [[{ id: 7, 'is up': false, ...alert }]] });

  test('finds lists, numbers, booleans and unusual names', () => {
    expect(parsedEvents(alerts, body({ build: { number: 42 } }), options())).toEqual([
      {
        type: 'incident_detected',
        service: 'shop',
        environment: 'production',
        source: 'alerts/own',
        incident: '7',
        change: '42',
      },
    ]);
  });

  test.each([
    [1795183392, '2026-11-20T14:03:12.000Z'],
    ['1795183392', '2026-11-20T14:03:12.000Z'],
    [1795183392.157, '2026-11-20T14:03:12.157Z'],
    [1795183392157, '2026-11-20T14:03:12.157Z'],
    [1795183392157999, '2026-11-20T14:03:12.157Z'],
    ['1795183392157000000', '2026-11-20T14:03:12.157Z'],
    ['2026-11-20T15:03:12.157999+01:00', '2026-11-20T14:03:12.157Z'],
  ])('reads the time %j', (since, time) => {
    expect(parsedEvents(alerts, body({ since }), options())).toMatchObject([{ time }]);
  });

  test.each(['yesterday', '', null, {}, -5, '2026-02-30T00:00:00Z', 1e300])(
    'uses the time of receipt for %j',
    since => {
      const [event] = parsedEvents(alerts, body({ since }), options());
      expect(event).not.toHaveProperty('time');
    },
  );

  test('replaces the mapping of the same name that comes with the product', () => {
    const query = { mapping: 'datadog' };
    const catalogue = { mappings: { datadog: own } };
    expect(parsedEvents(alerts, body({}), { query, catalogue })).toMatchObject([{ incident: '7' }]);
  });

  test('a repeated delivery is the same event at any time', () => {
    const [first] = parsed(alerts, body({}), options()).events;
    expect(first?.id).toBeDefined();
    expect(parsed(alerts, body({}), options()).events).toEqual([first]);
  });
});

test.each([
  ['no mapping', {}, /names no mapping; put \?mapping= and one of these behind it: datadog, honeycomb/],
  ['a mapping that does not exist', { mapping: 'own' }, /no mapping own/],
  ['the name of a property of all objects', { mapping: 'constructor' }, /no mapping constructor/],
  ['a body without a status', { mapping: 'datadog' }, /no status at \/status/],
  ['a body without a list', { mapping: 'grafana' }, /no list of alerts at \/alerts/],
])('%s cannot be mapped', (_, query, sentence) => {
  expect(() => parsed(alerts, {}, { query })).toThrow(Unmappable);
  expect(() => parsed(alerts, {}, { query })).toThrow(sentence);
});

describe('damaged bodies give valid events or are not mapped', () => {
  test.each(Object.keys(alertMappings))('%s', mapping => {
    const payloads = {
      grafana: [grafanaMessage('firing'), grafanaMessage('resolved')],
      sentry: [sentryMessage('critical'), sentryMessage('resolved')],
    };
    const simple = ['Triggered', 'Recovered', 'TRIGGERED', 'OK'].map(status => ({
      incident: '1',
      status,
      service: 'shop',
      environment: 'prod',
      time: 1795183392157,
      title: 'x',
      summary: 'x',
      url: 'x',
    }));
    survivesDamage(alerts, payloads[mapping as keyof typeof payloads] ?? simple, { mapping });
  });
});
