import type { AlertMapping } from '../../../../domain/catalogue/model.ts';

/**
 * The mappings that come with the product, by their name in `?mapping=`. Datadog and Honeycomb send the payloads of
 * `examples/alerts/`; Sentry and Grafana send their own. A mapping of the catalogue with the same name takes precedence.
 */
export const alertMappings: Readonly<Record<string, AlertMapping>> = {
  /** @see https://docs.datadoghq.com/integrations/webhooks/#variables */
  datadog: {
    incident: '/incident',
    status: '/status',
    detected: ['Triggered', 'Re-Triggered', 'Renotify', 'No Data', 'Re-No Data'],
    resolved: ['Recovered'],
    service: '/service',
    environment: '/environment',
    detectedAt: '/time',
    resolvedAt: '/time',
    reason: '/title',
    severity: '/severity',
    url: '/url',
  },
  /** @see https://docs.honeycomb.io/notify/webhooks/variables */
  honeycomb: {
    incident: '/incident',
    status: '/status',
    detected: ['TRIGGERED'],
    resolved: ['OK'],
    service: '/service',
    environment: '/environment',
    reason: '/summary',
    url: '/url',
  },
  /** @see https://docs.sentry.io/organization/integrations/integration-platform/webhooks/metric-alerts/ */
  sentry: {
    incident: '/data/metric_alert/id',
    status: '/action',
    detected: ['critical', 'warning'],
    resolved: ['resolved'],
    service: '/data/metric_alert/projects/0',
    environment: '/data/metric_alert/alert_rule/environment',
    detectedAt: '/data/metric_alert/date_started',
    resolvedAt: '/data/metric_alert/date_closed',
    reason: '/data/metric_alert/alert_rule/name',
    url: '/data/web_url',
  },
  /** @see https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/ */
  grafana: {
    alerts: '/alerts',
    incident: '/fingerprint',
    firing: '/startsAt',
    status: '/status',
    detected: ['firing'],
    resolved: ['resolved'],
    service: '/labels/service',
    environment: '/labels/environment',
    detectedAt: '/startsAt',
    resolvedAt: '/endsAt',
    reason: '/annotations/summary',
    severity: '/labels/severity',
    url: '/generatorURL',
  },
};
