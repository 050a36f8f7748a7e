import { defaultEnvironment } from '../../../../domain/events/event.ts';
import { environmentOf, serviceAmong, unknownServicesAmong } from '../parsing/event-fields.ts';
import { eventsOfFiring } from '../parsing/firings.ts';
import { type JsonObject, listAt, objectAt, objectIn, textAt, timestampAt } from '../parsing/json.ts';
import { fail, type ParsedRequest, type Source, type ToolContext, type ToolRequest } from '../source.ts';

/**
 * Opsgenie's webhook. An alert is an incident from its creation until it is closed. Deleting an alert gives no event: the
 * alert was closed before, or was no incident.
 * @see https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/
 */
export const opsgenie: Source = { tool: 'opsgenie', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const message = objectIn(request.body);
  const action = textAt(message, 'action') ?? fail('The message of Opsgenie has no action.');
  if (action !== 'Create' && action !== 'Close') return { events: [] };

  const alert = objectAt(message, 'alert') ?? fail('The message of Opsgenie has no alert.');
  const id = textAt(alert, 'alertId') ?? fail('The alert of Opsgenie has no alertId.');
  const service = serviceAmong(
    request,
    catalogue,
    [labelOf(alert, 'service'), textAt(alert, 'entity')],
    `Alert ${id.slice(0, 100)} names no service: give it an entity, a tag service:NAME or a detail of that name, or put ?service= behind the address.`,
  );
  const environment = labelOf(alert, 'environment') ?? labelOf(alert, 'env') ?? defaultEnvironment;
  const events = eventsOfFiring({
    source: 'opsgenie',
    service,
    environment: environmentOf(request, catalogue, service, environment),
    incident: id,
    detectedAt:
      timestampAt(alert, 'createdAt') ??
      (action === 'Create' ? fail('The alert of Opsgenie does not say when it was created.') : null),
    isResolved: action === 'Close',
    resolvedAt: timestampAt(alert, 'updatedAt'),
    change: labelOf(alert, 'change'),
    severity: textAt(alert, 'priority'),
    reason: textAt(alert, 'message'),
  });
  return { events, ...unknownServicesAmong([service]) };
}

/** The alert's detail of this name, else the value of its tag `name:value`. */
function labelOf(alert: JsonObject, name: string): string | null {
  const prefix = `${name}:`;
  const tag = listAt(alert, 'tags').find(each => typeof each === 'string' && each.startsWith(prefix));
  const tagged = typeof tag === 'string' ? tag.slice(prefix.length).trim() : '';
  return textAt(alert, 'details', name) ?? (tagged || null);
}
