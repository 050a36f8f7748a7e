/** Messages of Alertmanager's webhook, in the shape of its version 4. */

export interface Alert {
  readonly status?: 'firing' | 'resolved';
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
  readonly fingerprint?: string;
}

export const highErrorRate = {
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service: 'checkout', env: 'prod', severity: 'critical' },
  annotations: { summary: 'Over 5 % of requests fail', runbook_url: 'https://runbooks.example.com/errors' },
  startsAt: '2026-11-20T14:03:12.345678901Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example.com/graph?g0.expr=errors',
  fingerprint: '523f0453e7160b24',
} as const;

export const alertmanagerMessage = (alerts: readonly Alert[], notificationReason = 'first notification') => ({
  version: '4',
  groupKey: '{}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
  status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
  receiver: 'firstlight',
  groupLabels: { alertname: 'HighErrorRate' },
  commonLabels: { alertname: 'HighErrorRate' },
  commonAnnotations: {},
  externalURL: 'http://alertmanager.example.com:9093',
  notification_reason: notificationReason,
  alerts,
});
