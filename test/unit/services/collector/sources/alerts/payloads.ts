/** Payloads of tools that send alerts, in their documented shapes. */

/** Grafana's webhook contact point: Alertmanager's form with more fields. */
export const grafanaMessage = (
  status: 'firing' | 'resolved',
  startsAt = '2026-11-20T15:03:12.157076+01:00',
) => ({
  receiver: 'Firstlight',
  status,
  orgId: 1,
  alerts: [
    {
      status,
      labels: {
        alertname: 'High error rate',
        service: 'checkout',
        environment: 'prod',
        severity: 'critical',
      },
      annotations: { summary: 'Over 5 % of requests fail' },
      startsAt,
      endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-11-20T15:23:12+01:00',
      generatorURL: 'https://grafana.example.com/alerting/grafana/1afz29v7z/view',
      fingerprint: 'c6eadffa33fcdf37',
      silenceURL: 'https://grafana.example.com/alerting/silence/new',
      values: { B: 44.2, C: 1 },
    },
  ],
  groupKey: '{}:{alertname="High error rate"}',
  truncatedAlerts: 0,
  title: '[FIRING:1] High error rate',
  state: 'alerting',
  message: '**Firing**',
});

/** A metric alert of Sentry's integration platform. */
export const sentryMessage = (action: 'critical' | 'warning' | 'resolved') => ({
  action,
  actor: { id: 'sentry', name: 'Sentry', type: 'application' },
  installation: { uuid: 'a8e5d37a-696c-4c54-adb5-b3f28d64c7de' },
  data: {
    description_title: `${action}: Too many errors`,
    description_text: '1000 events in the last 10 minutes',
    web_url: 'https://sentry.example.com/organizations/acme/alerts/1/',
    metric_alert: {
      id: '4',
      identifier: '1',
      title: 'Too many errors',
      projects: ['checkout'],
      date_started: '2026-11-20T14:03:12.000000Z',
      date_detected: '2026-11-20T14:04:40.000000Z',
      date_created: '2026-11-20T14:04:41.000000Z',
      date_closed: null as string | null,
      alert_rule: {
        id: '7',
        name: 'Too many errors',
        environment: null as string | null,
        projects: ['checkout'],
      },
    },
  },
});
