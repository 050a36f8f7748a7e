import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../../routes/refusal.ts';
import type { CdEventContext } from '../cdevents/cdevents.ts';
import { isBinary, readBatch, readBinary, readStructured } from '../cloudevents/cloudevents.ts';
import type { Item } from '../item.ts';
import { isJsonType, isUtf8, parseMediaType } from '../parsing/media-type.ts';
import { jsonOf } from '../parsing/text.ts';
import { linesOf, readJson, readLine } from './native.ts';

/** The forms that `POST /v1/events` takes. */
export type Form = 'json' | 'ndjson' | 'cloudevents' | 'cloudevents-batch' | 'cloudevents-binary';

const accepted =
  'application/json, application/x-ndjson, application/cloudevents+json or application/cloudevents-batch+json';

/** The form of a request, by its headers. @throws {Refusal} 415 when it is none of ours. */
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
 * @throws {Refusal} 400 when the body as a whole cannot be read, 413 when it holds more than `max` items.
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
