import type { AlertLabels, Catalogue } from '../../../../domain/catalogue/catalogue.ts';
import { defaultEnvironment } from '../../../../domain/events/event.ts';
import { eventsOfFiring, type Firing } from '../alerts/firing.ts';
import {
  environmentOf,
  fail,
  type JsonObject,
  objectAt,
  objectIn,
  objectOf,
  serviceAmong,
  textAt,
  timeAt,
  valueAt,
} from '../parsing/reading.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';

/**
 * Alertmanager's webhook, version 4. Every alert of a message is told by itself: resolved ones ride along while
 * others fire. A firing is named by fingerprint and start, which repeats and replicas share.
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export const alertmanager: Source = { tool: 'alertmanager', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const alerts = valueAt(objectIn(request.body), 'alerts');
  if (!Array.isArray(alerts))
    return fail(
      "The message has no list of alerts; use Alertmanager's webhook without a payload of your own.",
    );
  return eventsOfFiring(alerts, each => {
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
  const called = alertname?.slice(0, 200) ?? 'An alert without a name';
  const label = (names: readonly string[]) => firstLabel(alert, names);

  const status = textAt(alert, 'status');
  if (status !== 'firing' && status !== 'resolved') return fail(`${called} is neither firing nor resolved.`);
  const fingerprint = textAt(alert, 'fingerprint') ?? fail(`${called} has no fingerprint.`);
  const startsAt = timeAt(alert, 'startsAt') ?? fail(`${called} does not say when it started.`);
  const service = serviceAmong(
    request,
    catalogue,
    [label(catalogue.alerts.service)],
    `${called} has none of the labels that name a service: ${catalogue.alerts.service.join(', ')}. Add one to the rule, name others in the catalogue, or put ?service= behind the address.`,
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
    // The end of a firing alert is no end: unset, or when it would be forgotten.
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
