import { Ajv, type ErrorObject } from 'ajv';
import { eventSchema, eventTypes, type SentEvent } from './event.ts';
import { formatTime, parseTime } from './time.ts';

/** One fault of an event. `field` is empty if the fault is not in a field. */
export interface Fault {
  readonly field: string;
  readonly detail: string;
}

// Without coercion and without removal of fields: "50" is no number, and a misspelt field is a fault.
const ajv = new Ajv({
  allErrors: true,
  discriminator: true,
  verbose: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
});
ajv.addFormat('date-time', { type: 'string', validate: (text: string) => parseTime(text) !== null });
const isEvent = ajv.compile<SentEvent>(eventSchema);

/** Earlier times are refused: no delivery tool is that old. */
const earliest = Date.UTC(2000, 0, 1);
/** How far a sender's clock may be ahead of ours, in milliseconds. */
const aheadMax = 5 * 60_000;

/** All faults of `value` as an event in the native form; empty if it is a valid event. */
export function faultsOf(value: unknown): Fault[] {
  if (isEvent(value)) return [];
  return (isEvent.errors ?? []).flatMap(faultOf);
}

/** The faults of the event's time. @param now the collector's clock, milliseconds since 1970 */
export function timeFaultsOf(event: SentEvent, now: number): Fault[] {
  if (event.time === undefined) return [];
  const at = parseTime(event.time);
  if (at === null) return [{ field: 'time', detail: 'must be an RFC 3339 time with a zone' }];
  if (at < earliest) return [{ field: 'time', detail: 'is before the year 2000' }];
  if (at > now + aheadMax)
    return [
      { field: 'time', detail: `is more than 5 minutes ahead of this server's clock (${formatTime(now)})` },
    ];
  return [];
}

function faultOf(error: ErrorObject): Fault[] {
  const field = error.instancePath.slice(1).replace(/^([^/]+)\/(\d+)$/, '$1[$2]');
  switch (error.keyword) {
    case 'additionalProperties':
      return [{ field: error.params['additionalProperty'], detail: 'is not a field of this type of event' }];
    case 'required':
      // `anyOf` itself reports the alternatives, once.
      return error.schemaPath.includes('/anyOf/')
        ? []
        : [{ field: error.params['missingProperty'], detail: 'is required' }];
    case 'anyOf': {
      const fields = (error.schema as { required: string[] }[]).flatMap(option => option.required);
      return [{ field: '', detail: `one of ${fields.join(', ')} is required` }];
    }
    case 'discriminator':
      return [{ field: 'type', detail: `must be one of ${eventTypes.join(', ')}` }];
    case 'enum':
      return [{ field, detail: `must be one of ${error.params['allowedValues'].join(', ')}` }];
    case 'minLength':
    case 'minItems':
      return [{ field, detail: 'must not be empty' }];
    case 'format':
      return [{ field, detail: 'must be an RFC 3339 time with a zone, such as 2026-05-04T09:30:00Z' }];
    case 'pattern':
      return [
        {
          field,
          detail: 'must not contain a NUL character or half of a surrogate pair, nor begin with U+FEFF',
        },
      ];
    case 'type':
      return field === ''
        ? [{ field, detail: 'must be a JSON object' }]
        : [{ field, detail: `must be ${[error.params['type']].flat().join(' or ')}` }];
    default:
      return [{ field, detail: error.message ?? `fails ${error.keyword}` }];
  }
}
