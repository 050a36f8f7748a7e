import { MIMEType } from 'node:util';
import { Refusal } from '../../refusal.ts';

/** How a body is encoded and decoded: its media type, UTF-8, JSON. */

export interface MediaType {
  /** Type and subtype in lower case, such as `application/json`. */
  readonly essence: string;
  /** In lower case; `utf-8` if none is named. */
  readonly charset: string;
}

/** The usual spellings, which need no parsing. */
const usual = new Map<string, MediaType>(
  ['application/json', 'application/x-ndjson', 'application/cloudevents+json'].map(essence => [
    essence,
    { essence, charset: 'utf-8' },
  ]),
);

/** @returns null if the text is no media type. @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type */
export function parseMediaType(text: string): MediaType | null {
  const known = usual.get(text);
  if (known !== undefined) return known;
  try {
    const { essence, params } = new MIMEType(text);
    return { essence, charset: (params.get('charset') ?? 'utf-8').toLowerCase() };
  } catch {
    return null;
  }
}

/** Whether a media type is JSON: `application/json`, or any with the suffix `+json`. */
export function isJsonType(text: string): boolean {
  const essence = parseMediaType(text)?.essence;
  return essence !== undefined && (essence === 'application/json' || essence.endsWith('+json'));
}

export function isUtf8(type: MediaType): boolean {
  return type.charset === 'utf-8' || type.charset === 'utf8';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes the text of a body. @throws {Refusal} if it is not UTF-8 */
export function textOf(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new Refusal('invalid', 'The body is not valid UTF-8; encode it as UTF-8.');
  }
}

/** Parses a JSON body. @throws {Refusal} if it is no JSON */
export function jsonOf(body: Uint8Array): unknown {
  const text = textOf(body);
  if (text.trim() === '')
    throw new Refusal('invalid', 'The body is empty; send one event or an array of events.');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal('invalid', `The body is not valid JSON: ${errorText(error)}`);
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
