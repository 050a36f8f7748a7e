import { hash } from 'node:crypto';
import { timestampOf } from '../../domain/delivery/facts.ts';
import { type Event, rolloutOf } from '../../domain/events/event.ts';

/** The one name that an event is about: its rollout, change, incident or flag. */
export function subjectNameOf(event: Event): string {
  switch (event.type) {
    case 'change_created':
    case 'change_merged':
      return event.change;
    case 'change_exposed':
    case 'change_rolled_back':
      return rolloutOf(event);
    case 'incident_detected':
    case 'incident_resolved':
      return event.incident;
    case 'flag_changed':
      return event.flag;
  }
}

/**
 * What `event.subject_hash` holds: the first 32 bits of SHA-256 over the service, a line feed and the name. The
 * migration that added the column computes the same in SQL.
 */
export function subjectHashOf(service: string | undefined, name: string): number {
  return Number.parseInt(hash('sha256', `${service ?? ''}\n${name}`).slice(0, 8), 16) | 0;
}

/** What `event.flag_at` holds. */
export function flagChangedAt(event: Event): number | null {
  return event.type === 'flag_changed' ? timestampOf(event) : null;
}
