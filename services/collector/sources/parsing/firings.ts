import type { FoundService } from '../../../../domain/catalogue/lookup.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { type ParsedRequest, Unmappable } from '../source.ts';
import { describe, identified, identity, unknownServicesAmong } from './event-fields.ts';

/** One firing of an alert, as a monitoring tool reports it. */
export interface Firing {
  readonly source: string;
  readonly service: FoundService;
  readonly environment: string;
  /** Identifies this firing: the next firing of the same alert has another value. */
  readonly incident: string;
  /** RFC 3339; null: not reported. */
  readonly detectedAt: string | null;
  readonly isResolved: boolean;
  /** RFC 3339; null: not reported. */
  readonly resolvedAt: string | null;
  readonly change?: string | null;
  readonly rollout?: string | null;
  readonly severity?: string | null;
  readonly reason?: string | null;
  readonly url?: string | null;
}

/**
 * Parses a message of several alerts. If some cannot be mapped, the others still are.
 * @param firingOf parses an alert; null if it is not relevant
 * @throws {Unmappable} if no alert can be mapped
 */
export function parseAlerts<T>(alerts: readonly T[], firingOf: (alert: T) => Firing | null): ParsedRequest {
  const firings: Firing[] = [];
  const failures: Unmappable[] = [];
  for (const alert of alerts)
    try {
      const firing = firingOf(alert);
      if (firing !== null) firings.push(firing);
    } catch (error) {
      if (!(error instanceof Unmappable)) throw error;
      failures.push(error);
    }
  const [first] = failures;
  if (first !== undefined && firings.length === 0) throw first;
  return {
    events: firings.flatMap(eventsOfFiring),
    ...unknownServicesAmong(firings.map(({ service }) => service)),
    ...(first && { incomplete: `${failures.length} of ${alerts.length} alerts: ${first.message}` }),
  };
}

/**
 * The events of a firing. A resolution with a time of detection reports the detection too, because the message of the
 * detection may have been lost. Without a time, an event has the time of receipt.
 */
export function eventsOfFiring(firing: Firing): SentEvent[] {
  const { service, environment, change, rollout, severity, reason, url } = firing;
  const common = {
    service: service.name,
    environment,
    source: firing.source,
    incident: identity('The incident', firing.incident),
    ...(change && { change: identity('The change', change) }),
    ...(rollout && { rollout: identity('The rollout', rollout) }),
    ...describe({ severity: severity ?? null, reason: reason ?? null, url: url ?? null }),
  };
  const timeOf = (time: string | null) => (time === null ? {} : { time });
  const detected: SentEvent = { type: 'incident_detected', ...common, ...timeOf(firing.detectedAt) };
  const resolved: SentEvent = { type: 'incident_resolved', ...common, ...timeOf(firing.resolvedAt) };
  const reportsDetection = !firing.isResolved || firing.detectedAt !== null;
  return [...(reportsDetection ? [detected] : []), ...(firing.isResolved ? [resolved] : [])].map(identified);
}
