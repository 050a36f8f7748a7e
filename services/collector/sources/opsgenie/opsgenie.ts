import { defaultEnvironment } from '../../../../domain/events/event.ts';
import { eventsOf } from '../alerts/firing.ts';
import {
  environmentOf,
  fail,
  type JsonObject,
  listAt,
  objectAt,
  objectIn,
  serviceAmong,
  textAt,
  timestampAt,
  unknownAmong,
} from '../parsing/reading.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';

/**
 * Opsgenie's webhook: alerts are incidents from their creation until they are closed. Deleting one says nothing
 * of health: what is deleted was closed before, or was none.
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
    [saidOf(alert, 'service'), textAt(alert, 'entity')],
    `Alert ${id.slice(0, 100)} names no service: give it an entity, a tag service:NAME or a detail of that name, or put ?service= behind the address.`,
  );
  const environment = saidOf(alert, 'environment') ?? saidOf(alert, 'env') ?? defaultEnvironment;
  const events = eventsOf({
    source: 'opsgenie',
    service,
    environment: environmentOf(request, catalogue, service, environment),
    incident: id,
    detectedAt:
      timestampAt(alert, 'createdAt') ??
      (action === 'Create' ? fail('The alert of Opsgenie does not say when it was created.') : null),
    isResolved: action === 'Close',
    resolvedAt: timestampAt(alert, 'updatedAt'),
    change: saidOf(alert, 'change'),
    severity: textAt(alert, 'priority'),
    reason: textAt(alert, 'message'),
  });
  return { events, ...unknownAmong([service]) };
}

/** What the alert's details say under a name, or a tag `name:value`. */
function saidOf(alert: JsonObject, name: string): string | null {
  const prefix = `${name}:`;
  const tag = listAt(alert, 'tags').find(each => typeof each === 'string' && each.startsWith(prefix));
  const tagged = typeof tag === 'string' ? tag.slice(prefix.length).trim() : '';
  return textAt(alert, 'details', name) ?? (tagged || null);
}
