import type { Item } from '../item.ts';
import { jsonOf, messageOf, textOf } from '../parsing/text.ts';

/** `application/json`: one event, or an array of events. */
export function readJson(body: Uint8Array): Item[] {
  const value = jsonOf(body);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map(value => ({ sent: [value], faults: [] }));
}

/** The lines of an NDJSON body that hold something. @see https://github.com/ndjson/ndjson-spec */
export function linesOf(body: Uint8Array): string[] {
  return textOf(body)
    .split('\n')
    .filter(line => line.trim() !== '');
}

/** One line of NDJSON: one event. */
export function readLine(line: string): Item {
  try {
    return { sent: [JSON.parse(line)], faults: [] };
  } catch (error) {
    return { sent: [], faults: [{ field: '', detail: `is not valid JSON: ${messageOf(error)}` }] };
  }
}
