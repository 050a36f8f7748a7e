import type { SentEvent } from './event.ts';
import { digestOf, type IdentifiedEvent, identify } from './identity.ts';
import { type Fault, faultsOf, timeFaultsOf } from './validate.ts';

/**
 * An event as a message of the log: a CloudEvent in Kafka's binary mode. The value is the whole native event.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export interface EventMessage {
  /** The service, so that its events stay in one partition; null for an event without a service. */
  readonly key: string | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Looks up the text of a message's header. */
export type Header = (name: string) => string | undefined;

/** Why a message is no event, and what exactly is wrong with it. */
export interface Unreadable {
  readonly reason: 'not_json' | 'not_an_event';
  readonly detail: string;
}

export function messageOf({ event, digest }: IdentifiedEvent): EventMessage {
  return {
    key: event.service ?? null,
    value: JSON.stringify(event),
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: event.source,
      ce_type: event.type,
      ce_time: event.time,
      ce_digest: digest,
      'content-type': 'application/json',
    },
  };
}

/** Fields that another CloudEvents producer may have put into headers only. */
const headerFields = ['type', 'id', 'source', 'time'] as const;
/** The default `source` of a message. */
const anonymous = 'anonymous';
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The event of a message, by the collector or by any other producer. A field in the value takes precedence over its
 * header; without a time, the event has that of the message. Times in the future are allowed, unlike in the collector.
 * @param value the bytes; null for a tombstone
 * @param header looks up headers, as rarely as possible: for a message by the collector only one
 * @param timestamp of the message, milliseconds since 1970
 */
export function readMessage(
  value: Uint8Array | null,
  header: Header,
  timestamp: number,
): IdentifiedEvent | Unreadable {
  if (value === null) return { reason: 'not_json', detail: 'the message has no value' };
  let sent: unknown;
  try {
    sent = JSON.parse(utf8.decode(value));
  } catch (error) {
    return { reason: 'not_json', detail: error instanceof Error ? error.message : String(error) };
  }
  const completed = withHeaders(sent, header);
  const faults = faultsOf(completed);
  if (faults.length > 0) return notAnEvent(faults);
  const event = completed as SentEvent;
  const timeFaults = timeFaultsOf(event, Number.POSITIVE_INFINITY);
  if (timeFaults.length > 0) return notAnEvent(timeFaults);
  if (event.time === undefined && timestamp < 0)
    return notAnEvent([{ field: 'time', detail: 'is neither in the event nor in the message' }]);
  return identifyFrom(header, event, timestamp);
}

/** Identifies an event by the collector's digest, which covers the fields as sent; without it, by the message's value. */
function identifyFrom(header: Header, event: SentEvent, timestamp: number): IdentifiedEvent {
  const digest = header('ce_digest') ?? '';
  if (!/^[0-9a-f]{64}$/.test(digest)) return identify(event, anonymous, timestamp);
  // The default id is the digest of the value, also with a digest in the header.
  const withId = event.id === undefined ? { ...event, id: digestOf(event) } : event;
  return identify(withId, anonymous, timestamp, digest);
}

function withHeaders(sent: unknown, header: Header): unknown {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
  const missing = headerFields.filter(field => !(field in sent) && header(`ce_${field}`) !== undefined);
  if (missing.length === 0) return sent;
  return { ...sent, ...Object.fromEntries(missing.map(field => [field, header(`ce_${field}`)])) };
}

function notAnEvent(faults: readonly Fault[]): Unreadable {
  const detail = faults.map(({ field, detail }) => `${field} ${detail}`.trim()).join('; ');
  return { reason: 'not_an_event', detail };
}
