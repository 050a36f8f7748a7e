import { listAt, objectAt, objectOf, textAt, valueAt } from '../parsing/reading.ts';

/** Maps, lists and bytes are no attributes that are read here. */
export type AttributeValue = string | number | boolean;
export type Attributes = ReadonlyMap<string, AttributeValue>;

/** A log record of OTLP, with its resource. */
export interface LogRecord {
  readonly resource: Attributes;
  readonly attributes: Attributes;
  /** null for a record that is no event. */
  readonly eventName: string | null;
  /** When it happened, else when it was observed: milliseconds since 1970; null where neither is said. */
  readonly at: number | null;
  /** The entries of a body that is a map. */
  readonly body: Attributes;
}

/** What was sent is no export request. The message is for the sender. */
export class NotLogs extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NotLogs';
  }
}

/**
 * The records of an export request in OTLP's JSON form, in their order. Unknown fields and what has the wrong
 * type within a record are read over.
 * @throws {NotLogs} when it is no export request at all
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function recordsOf(request: unknown): LogRecord[] {
  const lists = valueAt(request, 'resourceLogs');
  if (objectOf(request) === null || (lists !== undefined && lists !== null && !Array.isArray(lists)))
    throw new NotLogs('The body is no ExportLogsServiceRequest: send an object with a list resourceLogs.');
  return listAt(request, 'resourceLogs').flatMap(ofResource => {
    const resource = attributesOf(listAt(ofResource, 'resource', 'attributes'));
    return listAt(ofResource, 'scopeLogs').flatMap(ofScope =>
      listAt(ofScope, 'logRecords').map(record => recordOf(record, resource)),
    );
  });
}

function recordOf(record: unknown, resource: Attributes): LogRecord {
  const attributes = attributesOf(listAt(record, 'attributes'));
  // Before OTLP 1.5 the name of an event was an attribute.
  const named = attributes.get('event.name');
  return {
    resource,
    attributes,
    eventName: textAt(record, 'eventName') ?? (typeof named === 'string' ? named : null),
    at: millisOf(valueAt(record, 'timeUnixNano')) ?? millisOf(valueAt(record, 'observedTimeUnixNano')),
    body: attributesOf(listAt(record, 'body', 'kvlistValue', 'values')),
  };
}

/** Of a repeated key the first counts. */
function attributesOf(pairs: readonly unknown[]): Attributes {
  const attributes = new Map<string, AttributeValue>();
  for (const pair of pairs) {
    const key = textAt(pair, 'key');
    const value = scalarOf(objectAt(pair, 'value'));
    if (key !== null && value !== null && !attributes.has(key)) attributes.set(key, value);
  }
  return attributes;
}

/** An AnyValue that is a text, a number or a truth. Whole numbers of 64 bits may be written as text. */
function scalarOf(value: unknown): AttributeValue | null {
  const scalar =
    valueAt(value, 'stringValue') ?? valueAt(value, 'boolValue') ?? valueAt(value, 'doubleValue');
  if (typeof scalar === 'string' || typeof scalar === 'boolean') return scalar;
  if (typeof scalar === 'number') return scalar;
  const whole = valueAt(value, 'intValue');
  return typeof whole === 'number' || (typeof whole === 'string' && /^-?\d{1,20}$/.test(whole))
    ? whole
    : null;
}

/** Zero means that it is not known. */
function millisOf(nanoseconds: unknown): number | null {
  const text = typeof nanoseconds === 'number' ? nanoseconds.toFixed(0) : nanoseconds;
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) return null;
  const ms = Number(BigInt(text) / 1_000_000n);
  return ms > 0 ? ms : null;
}
