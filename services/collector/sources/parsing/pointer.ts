import { timestampAt } from './reading.ts';

/**
 * What a JSON Pointer leads to; undefined where that is nothing.
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function valueAtPointer(value: unknown, pointer: string): unknown {
  if (pointer === '') return value;
  if (!pointer.startsWith('/')) return undefined;
  let here = value;
  for (const part of pointer.slice(1).split('/')) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[step];
  }
  return here;
}

/** A text that is not empty, nor Datadog's `N/A` for a tag that is not there; numbers and truth values are written out. */
export function nameAtPointer(value: unknown, pointer: string): string | null {
  const found = valueAtPointer(value, pointer);
  if (typeof found === 'number' || typeof found === 'boolean') return String(found);
  return typeof found === 'string' && found !== '' && found !== 'N/A' ? found : null;
}

/** A moment in any form that {@link timestampAt} reads. */
export function timeAtPointer(value: unknown, pointer: string): string | null {
  return timestampAt([valueAtPointer(value, pointer)], 0);
}
