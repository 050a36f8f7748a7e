import { hash } from 'node:crypto';
import { timestampOf } from '../../domain/delivery/facts.ts';
import { type Event, rolloutOf } from '../../domain/events/event.ts';

/** The name of an event's subject: its rollout, change, incident or flag. */
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
 * The value of `event.subject_hash`: the first 32 bits of the SHA-256 of the service, a line feed and the subject's name.
 * Different subjects may share one, so a reader compares the names too. The migration that added the column computes
 * the same in SQL.
 */
export function subjectHashOf(service: string | undefined, name: string): number {
  return Number.parseInt(hash('sha256', `${service ?? ''}\n${name}`).slice(0, 8), 16) | 0;
}

/** The value of `event.flag_at`: when the flag was changed, milliseconds since 1970; null for every other event. */
export function flagChangedAt(event: Event): number | null {
  return event.type === 'flag_changed' ? timestampOf(event) : null;
}
