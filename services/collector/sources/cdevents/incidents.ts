import type { SentEvent } from '../../../../domain/events/event.ts';
import { describe, identity, unknownServicesAmong } from '../parsing/event-fields.ts';
import { textAt } from '../parsing/json.ts';
import type { ParsedRequest } from '../source.ts';
import { artifactOf, type CdEvent, changeOf, environmentIn, serviceServing } from './cd-event.ts';

/** An incident was detected, reported or resolved. Its name is the same in all its events. */
export function incidentEvents(event: CdEvent): ParsedRequest {
  const { content, custom } = event;
  const artifactId = textAt(content, 'artifactId');
  const names = artifactId === null ? null : artifactOf(artifactId);
  const found = serviceServing(event, textAt(content, 'service', 'id'), names);
  const isResolved = event.type.startsWith('dev.cdevents.incident.resolved.');
  // The artifact of a resolution may be the repair, which did not cause the incident.
  const change = textAt(custom, 'change') ?? (isResolved || names === null ? null : changeOf(found, names));
  const incident: SentEvent = {
    type: isResolved ? 'incident_resolved' : 'incident_detected',
    ...event.head(),
    service: found.name,
    environment: environmentIn(event, found),
    incident: event.subject,
    ...(change !== null && { change: identity('The change', change) }),
    ...describe({
      reason: textAt(content, 'description'),
      severity: textAt(custom, 'severity'),
      url: textAt(content, 'ticketURI'),
    }),
  };
  return { events: [incident], ...unknownServicesAmong([found]) };
}
