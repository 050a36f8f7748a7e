import { hash } from 'node:crypto';
import type { Event, SentEvent } from './event.ts';
import { formatTime, spellTime } from './time.ts';

/** A checked event with its identity, ready for the log. */
export interface IdentifiedEvent {
  readonly event: Event;
  /** SHA-256 of what was sent (64 hex digits), see {@link digestOf}. */
  readonly digest: string;
}

/**
 * SHA-256, in lower-case hex, of the RFC 8785 canonical JSON of the native fields as sent, before any default.
 * The native form is flat, so sorting its own keys is all that RFC 8785 asks for.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function digestOf(sent: SentEvent): string {
  const fields: Readonly<Record<string, unknown>> = sent;
  const sorted: Record<string, unknown> = {};
  for (const field of Object.keys(sent).sort()) sorted[field] = fields[field];
  return hash('sha256', JSON.stringify(sorted));
}

/**
 * Gives a checked event its identity and its time.
 * @param client name of the authenticated client, the `source` of an event that names none
 * @param receivedAt milliseconds since 1970, the time of an event that names none
 * @param digest where it is known already
 */
export function identify(
  sent: SentEvent,
  client: string,
  receivedAt: number,
  digest = digestOf(sent),
): IdentifiedEvent {
  const time = sent.time === undefined ? formatTime(receivedAt) : spellTime(sent.time);
  if (time === null) throw new TypeError(`not an RFC 3339 time: ${sent.time}`);
  return { digest, event: { ...sent, id: sent.id ?? digest, source: sent.source ?? client, time } };
}
