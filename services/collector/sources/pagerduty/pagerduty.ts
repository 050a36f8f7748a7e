import { defaultEnvironment } from '../../../../domain/events/event.ts';
import { environmentOf, serviceAmong, unknownServicesAmong } from '../parsing/event-fields.ts';
import { eventsOfFiring } from '../parsing/firings.ts';
import { objectAt, objectIn, textAt, timeAt } from '../parsing/json.ts';
import { fail, type ParsedRequest, type Source, type ToolContext, type ToolRequest } from '../source.ts';

/**
 * PagerDuty's webhook, version 3. An incident that is reopened stays the same incident.
 * @see https://developer.pagerduty.com/docs/webhooks-overview
 */
export const pagerduty: Source = { tool: 'pagerduty', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const event = objectAt(objectIn(request.body), 'event') ?? fail('The message of PagerDuty has no event.');
  const type = textAt(event, 'event_type') ?? fail('The event of PagerDuty has no event_type.');
  const isOpened = type === 'incident.triggered' || type === 'incident.reopened';
  // PagerDuty also resolves an incident that is merged into another one, which then stands for the outage.
  const isResolved = type === 'incident.resolved';
  if (!isOpened && !isResolved) return { events: [] };

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
  const detectedAt = firing.detectedAt ?? (isOpened ? occurredAt : null);
  return { events: eventsOfFiring({ ...firing, detectedAt }), ...unknownServicesAmong([service]) };
}
