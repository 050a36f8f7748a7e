import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from '../../../../domain/events/validate.ts';
import { type CdEventContext, isCdEventType, readCdEvent } from '../cdevents/cdevents.ts';
import { errorText, isJsonType, jsonOf, textOf } from '../parsing/body.ts';
import { type Item, Unmappable } from '../source.ts';

/**
 * CloudEvents 1.0 in its three HTTP modes. The native event consists of `type`, `id`, `source` and `time` of the envelope
 * and the fields of `data`; other attributes and extensions are ignored. If the type is one of CDEvents, `data` is the
 * whole CDEvent and the envelope only repeats it.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */

/** Fields of the native event that belong in the envelope, and not in `data`. */
const envelopeFields = ['type', 'id', 'source', 'time'] as const;
export const requiredAttributes = ['specversion', 'id', 'source', 'type'] as const;

const dataIsNoObject: Fault = { field: 'data', detail: 'must be a JSON object' };

type Attributes = Readonly<Record<string, unknown>>;

/** Reads a structured event, or one entry of a batch. */
export function readStructured(value: unknown, context: CdEventContext): Item {
  if (!isObject(value))
    return { sent: [], faults: [{ field: '', detail: 'must be a CloudEvent: a JSON object' }] };
  const { data, data_base64, ...rest } = value;
  // The JSON format allows null for an unset attribute.
  const attributes = Object.fromEntries(Object.entries(rest).filter(([, attribute]) => attribute !== null));
  const content = dataOf(data, data_base64);
  const faults = [...dataTypeFaults(attributes['datacontenttype']), ...content.faults];
  return itemOf(attributes, content.data, faults, context);
}

/** Reads a body in batch mode; null if it is no array. @throws {Refusal} if it is no JSON */
export function readBatch(body: Uint8Array): unknown[] | null {
  const value = jsonOf(body);
  return Array.isArray(value) ? value : null;
}

/**
 * Reads a request in binary mode: the attributes are `ce-` headers, the body is `data`.
 * @throws {Refusal} if the body is no JSON
 */
export function readBinary(headers: IncomingHttpHeaders, body: Uint8Array, context: CdEventContext): Item {
  const attributes = new Map<string, string>();
  const faults: Fault[] = [];
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith('ce-') || value === undefined) continue;
    const attribute = header.slice('ce-'.length);
    const text = headerText(String(value));
    if (text === null) faults.push({ field: attribute, detail: `header ${header} is not valid UTF-8` });
    else attributes.set(attribute, text);
  }
  if (attributes.has('datacontenttype'))
    faults.push({ field: 'datacontenttype', detail: 'belongs in Content-Type, not in ce-datacontenttype' });
  const data = body.length === 0 ? {} : jsonOf(body);
  return itemOf(Object.fromEntries(attributes), data, faults, context);
}

/**
 * Decodes the value of a `ce-` header: removes double quotes and their escapes, then percent-decodes once.
 * @param value one character per byte, as Node gives it
 * @returns null if the bytes are not UTF-8
 */
export function headerText(value: string): string | null {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1];
  const unquoted = quoted === undefined ? value : quoted.replace(/\\(.)/g, '$1');
  const bytes = unquoted.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return null;
  }
}

/** @param data undefined if it could not be read; `faults` then has the reason */
function itemOf(
  attributes: Attributes,
  data: unknown,
  faults: readonly Fault[],
  context: CdEventContext,
): Item {
  const envelopeFaults = [
    ...requiredAttributes
      // An attribute that could not be decoded has its fault already.
      .filter(name => attributes[name] === undefined && !faults.some(fault => fault.field === name))
      .map(name => ({ field: name, detail: 'is required in a CloudEvent' })),
    ...(attributes['specversion'] === undefined || attributes['specversion'] === '1.0'
      ? []
      : [{ field: 'specversion', detail: 'must be "1.0"' }]),
    ...Object.keys(attributes)
      .filter(name => !/^[a-z0-9]+$/.test(name))
      .map(name => ({ field: name, detail: 'is no CloudEvents attribute: a-z and 0-9 only' })),
    ...faults,
  ];
  if (data === undefined) return { sent: [], faults: envelopeFaults };
  if (!isObject(data)) return { sent: [], faults: [...envelopeFaults, dataIsNoObject] };
  if (isCdEventType(attributes['type'])) return cdItemOf(data, envelopeFaults, context);

  const repeated = envelopeFields.filter(field => Object.hasOwn(data, field));
  const dataFields = Object.fromEntries(Object.entries(data).filter(([field]) => !isEnvelopeField(field)));
  const envelope = Object.fromEntries(
    envelopeFields.filter(field => attributes[field] !== undefined).map(field => [field, attributes[field]]),
  );
  return {
    // Without a type, the fields cannot be checked.
    sent: attributes['type'] === undefined ? [] : [{ ...dataFields, ...envelope }],
    faults: [
      ...envelopeFaults,
      ...repeated.map(field => ({
        field: `data.${field}`,
        detail: 'belongs in the envelope of the CloudEvent only',
      })),
    ],
  };
}

function cdItemOf(data: unknown, faults: readonly Fault[], context: CdEventContext): Item {
  try {
    const { events, unknownServices = [] } = readCdEvent(data, context);
    return { sent: events, faults, unknownServices };
  } catch (error) {
    if (!(error instanceof Unmappable)) throw error;
    return { sent: [], faults: [...faults, { field: 'data', detail: error.message }] };
  }
}

function dataOf(data: unknown, base64: unknown): { data: unknown; faults: Fault[] } {
  if (base64 === undefined || base64 === null) return { data: data === undefined ? {} : data, faults: [] };
  const fault = (detail: string) => ({ data: undefined, faults: [{ field: 'data_base64', detail }] });
  if (data !== undefined) return fault('cannot stand beside data; send one of the two');
  if (typeof base64 !== 'string' || !isBase64(base64)) return fault('must be base64');
  try {
    return { data: JSON.parse(textOf(Buffer.from(base64, 'base64'))), faults: [] };
  } catch (error) {
    return fault(`does not hold JSON in UTF-8: ${errorText(error)}`);
  }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function dataTypeFaults(type: unknown): Fault[] {
  if (type === undefined || (typeof type === 'string' && isJsonType(type))) return [];
  return [{ field: 'datacontenttype', detail: 'must be application/json or end in +json' }];
}

function isEnvelopeField(field: string): boolean {
  return envelopeFields.some(name => name === field);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
