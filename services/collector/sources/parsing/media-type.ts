import { MIMEType } from 'node:util';

export interface MediaType {
  /** Type and subtype in lower case, such as `application/json`. */
  readonly essence: string;
  /** In lower case; `utf-8` where none is named. */
  readonly charset: string;
}

/** As nearly every request writes it: looked up rather than taken apart. */
const usual = new Map<string, MediaType>(
  ['application/json', 'application/x-ndjson', 'application/cloudevents+json'].map(essence => [
    essence,
    { essence, charset: 'utf-8' },
  ]),
);

/** @returns null when the text is no media type. @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type */
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

/** Whether a media type says JSON: `application/json`, or any with the suffix `+json`. */
export function isJsonType(text: string): boolean {
  const essence = parseMediaType(text)?.essence;
  return essence !== undefined && (essence === 'application/json' || essence.endsWith('+json'));
}

export function isUtf8(type: MediaType): boolean {
  return type.charset === 'utf-8' || type.charset === 'utf8';
}
