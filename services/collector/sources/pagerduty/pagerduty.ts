import { defaultEnvironment } from '../../../../domain/events/event.ts';
import { eventsOf } from '../alerts/firing.ts';
import {
  environmentOf,
  fail,
  objectAt,
  objectIn,
  serviceAmong,
  textAt,
  timeAt,
  unknownAmong,
} from '../parsing/reading.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';

/**
 * PagerDuty's webhook, version 3. An incident that is opened again goes on being the same one.
 * @see https://developer.pagerduty.com/docs/webhooks-overview
 */
export const pagerduty: Source = { tool: 'pagerduty', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const event = objectAt(objectIn(request.body), 'event') ?? fail('The message of PagerDuty has no event.');
  const type = textAt(event, 'event_type') ?? fail('The event of PagerDuty has no event_type.');
  const opens = type === 'incident.triggered' || type === 'incident.reopened';
  // One that is merged into another ends here too: as an outage, it goes on as that one.
  const isResolved = type === 'incident.resolved';
  if (!opens && !isResolved) return { events: [] };

  const incident = objectAt(event, 'data') ?? fail('The event of PagerDuty has no incident in its data.');
  const id = textAt(incident, 'id') ?? fail('The incident of PagerDuty has no id.');
  const occurredAt =
    timeAt(event, 'occurred_at') ?? fail('The event of PagerDuty does not say when it happened.');
  const service = serviceAmong(
    request,
    catalogue,
    [textAt(incident, 'service', 'summary'), textAt(incident, 'service', 'id')],
    `Incident ${id.slice(0, 100)} names no service; put ?service= behind the address.`,
  );
  const firing = {
    source: 'pagerduty',
    service,
    environment: environmentOf(request, catalogue, service, defaultEnvironment),
    incident: id,
    detectedAt: type === 'incident.reopened' ? occurredAt : timeAt(incident, 'created_at'),
    isResolved,
    resolvedAt: occurredAt,
    severity: textAt(incident, 'priority', 'summary') ?? textAt(incident, 'urgency'),
    reason: textAt(incident, 'title'),
    url: textAt(incident, 'html_url'),
  };
  const detectedAt = firing.detectedAt ?? (opens ? occurredAt : null);
  return { events: eventsOf({ ...firing, detectedAt }), ...unknownAmong([service]) };
}
