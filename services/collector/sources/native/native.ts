import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../../refusal.ts';
import type { CdEventContext } from '../cdevents/cdevents.ts';
import { readBatch, readBinary, readStructured, requiredAttributes } from '../cloudevents/cloudevents.ts';
import { errorText, isJsonType, isUtf8, jsonOf, parseMediaType, textOf } from '../parsing/body.ts';
import type { Item } from '../source.ts';

/** The forms of a request to `POST /v1/events`: native JSON or NDJSON, or CloudEvents in one of three modes. */
export type Form = 'json' | 'ndjson' | 'cloudevents' | 'cloudevents-batch' | 'cloudevents-binary';

const accepted =
  'application/json, application/x-ndjson, application/cloudevents+json or application/cloudevents-batch+json';

const cloudEventHeaders = requiredAttributes.map(attribute => `ce-${attribute}`);

/** Whether the headers carry a CloudEvent in binary mode, complete or not. */
function isBinary(headers: IncomingHttpHeaders): boolean {
  return cloudEventHeaders.some(header => headers[header] !== undefined);
}

/** The form of a request, by its headers. @throws {Refusal} 415 if it is none of the known forms */
export function formOf(headers: IncomingHttpHeaders): Form {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== '')
    throw new Refusal('unsupported', `Content-Encoding ${encoding} is not taken; send the body as it is.`);

  const contentType = headers['content-type'];
  if (contentType === undefined) {
    if (isBinary(headers)) return 'cloudevents-binary';
    throw new Refusal('unsupported', `There is no Content-Type; send ${accepted}.`);
  }
  const type = parseMediaType(contentType);
  if (type === null)
    throw new Refusal('unsupported', `The Content-Type is not a media type; send ${accepted}.`);
  if (!isUtf8(type))
    throw new Refusal('unsupported', `Charset ${type.charset} is not taken; send the body in UTF-8.`);

  const { essence } = type;
  if (essence === 'application/cloudevents-batch+json') return 'cloudevents-batch';
  if (essence === 'application/cloudevents+json') return 'cloudevents';
  const isOtherCloudEvents = essence.startsWith('application/cloudevents');
  if (!isOtherCloudEvents && isBinary(headers) && isJsonType(contentType)) return 'cloudevents-binary';
  if (!isOtherCloudEvents && !isBinary(headers)) {
    if (essence === 'application/json') return 'json';
    if (essence === 'application/x-ndjson') return 'ndjson';
  }
  const wanted = isBinary(headers) && !isOtherCloudEvents ? 'application/json with ce- headers' : accepted;
  throw new Refusal('unsupported', `Content-Type ${essence} is not taken; send ${wanted}.`);
}

/**
 * The items of a body, in the order sent.
 * @throws {Refusal} 400 if the body as a whole cannot be read, 413 if it holds more than `max` items
 */
export function itemsOf(
  form: Form,
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  max: number,
  context: CdEventContext,
): readonly Item[] {
  switch (form) {
    case 'json':
      return atMost(readJson(body), max);
    case 'ndjson':
      return atMost(linesOf(body), max).map(readLine);
    case 'cloudevents':
      return [readStructured(jsonOf(body), context)];
    case 'cloudevents-batch': {
      const batch = readBatch(body);
      if (batch === null)
        throw new Refusal(
          'invalid',
          'A CloudEvents batch must be a JSON array; send one event as application/cloudevents+json.',
        );
      return atMost(batch, max).map(value => readStructured(value, context));
    }
    case 'cloudevents-binary':
      return [readBinary(headers, body, context)];
  }
}

function atMost<T>(items: readonly T[], max: number): readonly T[] {
  if (items.length <= max) return items;
  throw new Refusal(
    'too_large',
    `The request holds ${items.length} events and ${max} is the most; send smaller batches.`,
    {
      count: items.length,
    },
  );
}

/** `application/json`: one event, or an array of events. */
function readJson(body: Uint8Array): Item[] {
  const value = jsonOf(body);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map(value => ({ sent: [value], faults: [] }));
}

/** The lines of an NDJSON body that are not blank. @see https://github.com/ndjson/ndjson-spec */
function linesOf(body: Uint8Array): string[] {
  return textOf(body)
    .split('\n')
    .filter(line => line.trim() !== '');
}

/** One line of NDJSON: one event. */
function readLine(line: string): Item {
  try {
    return { sent: [JSON.parse(line)], faults: [] };
  } catch (error) {
    return { sent: [], faults: [{ field: '', detail: `is not valid JSON: ${errorText(error)}` }] };
  }
}
