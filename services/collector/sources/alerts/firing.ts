import type { Found } from '../../../../domain/catalogue/catalogue.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { describe, identified, identity, unknownAmong } from '../parsing/reading.ts';
import { type ParsedRequest, Unmappable } from '../source.ts';

/** One firing of an alert, as a monitoring tool tells of it. */
export interface Firing {
  readonly source: string;
  readonly service: Found;
  readonly environment: string;
  /** Of this firing: the next one of the same alert has another. */
  readonly incident: string;
  /** RFC 3339; null: not told. */
  readonly detectedAt: string | null;
  readonly isResolved: boolean;
  /** RFC 3339; null: not told. */
  readonly resolvedAt: string | null;
  readonly change?: string | null;
  readonly rollout?: string | null;
  readonly severity?: string | null;
  readonly reason?: string | null;
  readonly url?: string | null;
}

/**
 * What a message of several alerts says. One that cannot be mapped does not keep the others out.
 * @param firingOf null for an alert of no interest
 * @throws {Unmappable} when none of them can be mapped
 */
export function eventsOfFiring<T>(
  alerts: readonly T[],
  firingOf: (alert: T) => Firing | null,
): ParsedRequest {
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
    events: firings.flatMap(eventsOf),
    ...unknownAmong(firings.map(({ service }) => service)),
    ...(first && { incomplete: `${failures.length} of ${alerts.length} alerts: ${first.message}` }),
  };
}

/**
 * The events of a firing. A resolution that says when it all began tells that too, since the message that told it
 * first may never have come. A time that is not told is the time of receipt.
 */
export function eventsOf(firing: Firing): SentEvent[] {
  const { service, environment, change, rollout, severity, reason, url } = firing;
  const about = {
    service: service.name,
    environment,
    source: firing.source,
    incident: identity('The incident', firing.incident),
    ...(change && { change: identity('The change', change) }),
    ...(rollout && { rollout: identity('The rollout', rollout) }),
    ...describe({ severity: severity ?? null, reason: reason ?? null, url: url ?? null }),
  };
  const at = (time: string | null) => (time === null ? {} : { time });
  const detected: SentEvent = { type: 'incident_detected', ...about, ...at(firing.detectedAt) };
  const resolved: SentEvent = { type: 'incident_resolved', ...about, ...at(firing.resolvedAt) };
  const tellsBegin = !firing.isResolved || firing.detectedAt !== null;
  return [...(tellsBegin ? [detected] : []), ...(firing.isResolved ? [resolved] : [])].map(identified);
}
