import { hash } from 'node:crypto';
import type { Event, SentEvent } from './event.ts';
import { formatTime, normalizeTime } from './time.ts';

/** A checked event with its identity. */
export interface IdentifiedEvent {
  readonly event: Event;
  /** SHA-256 of the fields as sent (64 hex digits), see {@link digestOf}. */
  readonly digest: string;
}

/**
 * SHA-256, in lower-case hex, of the RFC 8785 canonical JSON of the native fields as sent, before any default. The native
 * form is flat, so sorting the keys is enough.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function digestOf(sent: SentEvent): string {
  const fields: Readonly<Record<string, unknown>> = sent;
  const sorted: Record<string, unknown> = {};
  for (const field of Object.keys(sent).sort()) sorted[field] = fields[field];
  return hash('sha256', JSON.stringify(sorted));
}

/**
 * Adds identity and time to a checked event.
 * @param client name of the authenticated client, the default `source`
 * @param receivedAt milliseconds since 1970, the default `time`
 * @param digest the digest of the sent event, if it is known already
 */
export function identify(
  sent: SentEvent,
  client: string,
  receivedAt: number,
  digest = digestOf(sent),
): IdentifiedEvent {
  const time = sent.time === undefined ? formatTime(receivedAt) : normalizeTime(sent.time);
  if (time === null) throw new TypeError(`not an RFC 3339 time: ${sent.time}`);
  return { digest, event: { ...sent, id: sent.id ?? digest, source: sent.source ?? client, time } };
}
