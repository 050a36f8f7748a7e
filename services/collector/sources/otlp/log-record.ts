import { listAt, objectAt, objectOf, textAt, valueAt } from '../parsing/json.ts';

/** The supported values of attributes; maps, lists and bytes are ignored. */
export type AttributeValue = string | number | boolean;
export type Attributes = ReadonlyMap<string, AttributeValue>;

/** A log record of OTLP, with its resource. */
export interface LogRecord {
  readonly resource: Attributes;
  readonly attributes: Attributes;
  /** null if the record is no event. */
  readonly eventName: string | null;
  /** When it happened, else when it was observed, in milliseconds since 1970; null if neither is known. */
  readonly at: number | null;
  /** The entries of a body that is a map; else empty. */
  readonly body: Attributes;
}

/** The body is no export request. The message is for the sender. */
export class NotLogs extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NotLogs';
  }
}

/**
 * The records of an export request in OTLP's JSON form, in their order. Unknown fields and values of a wrong type in a
 * record are ignored.
 * @throws {NotLogs} if it is no export request
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function recordsOf(request: unknown): LogRecord[] {
  const lists = valueAt(request, 'resourceLogs');
  if (objectOf(request) === null || (lists !== undefined && lists !== null && !Array.isArray(lists)))
    throw new NotLogs('The body is no ExportLogsServiceRequest: send an object with a list resourceLogs.');
  return listAt(request, 'resourceLogs').flatMap(resourceLogs => {
    const resource = attributesOf(listAt(resourceLogs, 'resource', 'attributes'));
    return listAt(resourceLogs, 'scopeLogs').flatMap(scopeLogs =>
      listAt(scopeLogs, 'logRecords').map(record => recordOf(record, resource)),
    );
  });
}

function recordOf(record: unknown, resource: Attributes): LogRecord {
  const attributes = attributesOf(listAt(record, 'attributes'));
  // Before OTLP 1.5 the name of an event was an attribute.
  const nameAttribute = attributes.get('event.name');
  return {
    resource,
    attributes,
    eventName: textAt(record, 'eventName') ?? (typeof nameAttribute === 'string' ? nameAttribute : null),
    at: millisOf(valueAt(record, 'timeUnixNano')) ?? millisOf(valueAt(record, 'observedTimeUnixNano')),
    body: attributesOf(listAt(record, 'body', 'kvlistValue', 'values')),
  };
}

/** The attributes of a list of pairs; of a repeated key, the first value is used. */
function attributesOf(pairs: readonly unknown[]): Attributes {
  const attributes = new Map<string, AttributeValue>();
  for (const pair of pairs) {
    const key = textAt(pair, 'key');
    const value = scalarOf(objectAt(pair, 'value'));
    if (key !== null && value !== null && !attributes.has(key)) attributes.set(key, value);
  }
  return attributes;
}

/** The value of an AnyValue that is a text, a number or a boolean; 64-bit integers may be texts. */
function scalarOf(value: unknown): AttributeValue | null {
  const scalar =
    valueAt(value, 'stringValue') ?? valueAt(value, 'boolValue') ?? valueAt(value, 'doubleValue');
  if (typeof scalar === 'string' || typeof scalar === 'boolean') return scalar;
  if (typeof scalar === 'number') return scalar;
  const integer = valueAt(value, 'intValue');
  return typeof integer === 'number' || (typeof integer === 'string' && /^-?\d{1,20}$/.test(integer))
    ? integer
    : null;
}

/** Milliseconds of a time in nanoseconds; zero means unknown. */
function millisOf(nanoseconds: unknown): number | null {
  const text = typeof nanoseconds === 'number' ? nanoseconds.toFixed(0) : nanoseconds;
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) return null;
  const ms = Number(BigInt(text) / 1_000_000n);
  return ms > 0 ? ms : null;
}
