import type { SentEvent } from './event.ts';
import { digestOf, type IdentifiedEvent, identify } from './identity.ts';
import { type Fault, faultsOf, timeFaultsOf } from './validate.ts';

/**
 * An event as a message of the log: CloudEvents in Kafka's binary mode, whose value is the whole native event.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export interface EventMessage {
  /** The service, so that its events stay in one partition; null for an event of no service. */
  readonly key: string | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The text of a header of a message. */
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

/** Fields that a CloudEvents sender may have put into the headers alone. */
const inHeaders = ['type', 'id', 'source', 'time'] as const;
/** The `source` of a message that names none. */
const anonymous = 'anonymous';
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The event of a message, whoever wrote it. Where a header is absent or differs, the value counts; an absent
 * time is the message's. Only the collector checks for times ahead of its clock.
 * @param value the bytes; null for a tombstone
 * @param header the text of a header by its name; of a message that the collector wrote, only one is asked for
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
  const whole = withHeaders(sent, header);
  const faults = faultsOf(whole);
  if (faults.length > 0) return notAnEvent(faults);
  const event = whole as SentEvent;
  const timeFaults = timeFaultsOf(event, Number.POSITIVE_INFINITY);
  if (timeFaults.length > 0) return notAnEvent(timeFaults);
  if (event.time === undefined && timestamp < 0)
    return notAnEvent([{ field: 'time', detail: 'is neither in the event nor in the message' }]);
  return recorded(event, header, timestamp);
}

/** A collector's digest is of what its sender sent, before defaults; of others the value is what was sent. */
function recorded(event: SentEvent, header: Header, timestamp: number): IdentifiedEvent {
  const digest = header('ce_digest') ?? '';
  if (!/^[0-9a-f]{64}$/.test(digest)) return identify(event, anonymous, timestamp);
  // An absent id is the digest of the value all the same.
  const named = event.id === undefined ? { ...event, id: digestOf(event) } : event;
  return identify(named, anonymous, timestamp, digest);
}

function withHeaders(sent: unknown, header: Header): unknown {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
  const missing = inHeaders.filter(field => !(field in sent) && header(`ce_${field}`) !== undefined);
  if (missing.length === 0) return sent;
  return { ...sent, ...Object.fromEntries(missing.map(field => [field, header(`ce_${field}`)])) };
}

function notAnEvent(faults: readonly Fault[]): Unreadable {
  const detail = faults.map(({ field, detail }) => `${field} ${detail}`.trim()).join('; ');
  return { reason: 'not_an_event', detail };
}
