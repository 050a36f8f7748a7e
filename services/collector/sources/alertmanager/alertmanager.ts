import type { AlertLabels, Catalogue } from '../../../../domain/catalogue/model.ts';
import { defaultEnvironment } from '../../../../domain/events/event.ts';
import { environmentOf, serviceAmong } from '../parsing/event-fields.ts';
import { type Firing, parseAlerts } from '../parsing/firings.ts';
import { type JsonObject, objectAt, objectIn, objectOf, textAt, timeAt, valueAt } from '../parsing/json.ts';
import { fail, type ParsedRequest, type Source, type ToolContext, type ToolRequest } from '../source.ts';

/**
 * Alertmanager's webhook, version 4. A message holds firing and resolved alerts, and each is an incident of its own.
 * Fingerprint and start identify a firing: repeated messages and replicas have the same.
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export const alertmanager: Source = { tool: 'alertmanager', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const alerts = valueAt(objectIn(request.body), 'alerts');
  if (!Array.isArray(alerts))
    return fail(
      "The message has no list of alerts; use Alertmanager's webhook without a payload of your own.",
    );
  return parseAlerts(alerts, each => {
    const alert = objectOf(each) ?? fail('An alert of the message is no object.');
    return isIgnored(alert, catalogue.alerts) ? null : firingOf(request, alert, catalogue);
  });
}

function isIgnored(alert: JsonObject, { ignore }: AlertLabels): boolean {
  return Object.entries(ignore).some(([label, values]) =>
    values.includes(textAt(alert, 'labels', label) ?? ''),
  );
}

function firingOf(request: ToolRequest, alert: JsonObject, catalogue: Catalogue): Firing {
  const alertname = textAt(alert, 'labels', 'alertname');
  const title = alertname?.slice(0, 200) ?? 'An alert without a name';
  const label = (names: readonly string[]) => firstLabel(alert, names);

  const status = textAt(alert, 'status');
  if (status !== 'firing' && status !== 'resolved') return fail(`${title} is neither firing nor resolved.`);
  const fingerprint = textAt(alert, 'fingerprint') ?? fail(`${title} has no fingerprint.`);
  const startsAt = timeAt(alert, 'startsAt') ?? fail(`${title} does not say when it started.`);
  const service = serviceAmong(
    request,
    catalogue,
    [label(catalogue.alerts.service)],
    `${title} has none of the labels that name a service: ${catalogue.alerts.service.join(', ')}. Add one to the rule, name others in the catalogue, or put ?service= behind the address.`,
  );
  const annotation = ['summary', 'description', 'message']
    .map(name => textAt(alert, 'annotations', name))
    .find(text => text !== null);
  return {
    source: 'alertmanager',
    service,
    environment: environmentOf(
      request,
      catalogue,
      service,
      label(catalogue.alerts.environment) ?? defaultEnvironment,
    ),
    incident: `${fingerprint}/${startsAt}`,
    detectedAt: startsAt,
    isResolved: status === 'resolved',
    // The end of a firing alert is unset, or the time at which Alertmanager would drop it.
    resolvedAt: timeAt(alert, 'endsAt'),
    change: label(catalogue.alerts.change),
    rollout: label(catalogue.alerts.rollout),
    severity: label(catalogue.alerts.severity),
    reason: [alertname, annotation].filter(text => text).join(': '),
    url: textAt(alert, 'generatorURL'),
  };
}

function firstLabel(alert: JsonObject, names: readonly string[]): string | null {
  const labels = objectAt(alert, 'labels');
  return names.map(name => textAt(labels, name)).find(text => text !== null) ?? null;
}
