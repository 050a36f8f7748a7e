import { formatTime, parseTime } from '../../../../domain/events/time.ts';
import { fail, Unmappable } from '../source.ts';

/**
 * Readers of JSON that a tool sent: any field may be absent, of another type, or very long. A reader returns null if
 * there is no value of its type.
 */

export type JsonObject = Readonly<Record<string, unknown>>;
type Step = string | number;

/** Parses a body that is a JSON object. @throws {Unmappable} if it is not */
export function objectIn(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new Unmappable('The body is not JSON in UTF-8.', { cause });
  }
  return objectOf(value) ?? fail('The body is JSON, but no object.');
}

export function objectOf(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The value at a path of field names and list positions; undefined if there is none. */
export function valueAt(value: unknown, ...path: readonly Step[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Readonly<Record<Step, unknown>>)[step];
  }
  return current;
}

export function objectAt(value: unknown, ...path: readonly Step[]): JsonObject | null {
  return objectOf(valueAt(value, ...path));
}

/** Empty if there is no list. */
export function listAt(value: unknown, ...path: readonly Step[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A non-empty text. */
export function textAt(value: unknown, ...path: readonly Step[]): string | null {
  const found = valueAt(value, ...path);
  return typeof found === 'string' && found !== '' ? found : null;
}

export function numberAt(value: unknown, ...path: readonly Step[]): number | null {
  const found = valueAt(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}

/** An RFC 3339 time, returned in UTC and whole milliseconds. */
export function timeAt(value: unknown, ...path: readonly Step[]): string | null {
  const text = textAt(value, ...path);
  const at = text === null ? null : parseTime(text);
  return at === null ? null : timeOfMillis(at);
}

/** @param ms milliseconds since 1970. @returns null if RFC 3339 cannot express it */
export function timeOfMillis(ms: number): string | null {
  return Number.isFinite(ms) && ms >= 0 && ms < Date.UTC(10_000, 0, 1) ? formatTime(ms) : null;
}

/**
 * A time as RFC 3339 or as a number (also in text) since 1970, returned in UTC and whole milliseconds. The size of the
 * number decides its unit: seconds, milliseconds, microseconds or nanoseconds.
 */
export function timestampAt(value: unknown, ...path: readonly Step[]): string | null {
  const found = valueAt(value, ...path);
  const text = typeof found === 'number' ? String(found) : typeof found === 'string' ? found.trim() : '';
  if (!/^\d{1,20}(?:\.\d{1,20})?$/.test(text)) return timeAt([text], 0);
  const number = Number(text);
  const perSecond = number < 1e11 ? 1 : number < 1e14 ? 1e3 : number < 1e17 ? 1e6 : 1e9;
  // A decimal fraction of a second may be slightly below its whole millisecond.
  return timeOfMillis(Math.floor((number * 1000) / perSecond + 1e-4));
}

/**
 * The value at a JSON Pointer; undefined if there is none.
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function valueAtPointer(value: unknown, pointer: string): unknown {
  if (pointer === '') return value;
  if (!pointer.startsWith('/')) return undefined;
  let current = value;
  for (const part of pointer.slice(1).split('/')) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[step];
  }
  return current;
}

/** A text that is neither empty nor `N/A`, which Datadog writes for a missing tag; numbers and booleans become text. */
export function nameAtPointer(value: unknown, pointer: string): string | null {
  const found = valueAtPointer(value, pointer);
  if (typeof found === 'number' || typeof found === 'boolean') return String(found);
  return typeof found === 'string' && found !== '' && found !== 'N/A' ? found : null;
}

/** A time in any form that {@link timestampAt} reads. */
export function timeAtPointer(value: unknown, pointer: string): string | null {
  return timestampAt([valueAtPointer(value, pointer)], 0);
}
