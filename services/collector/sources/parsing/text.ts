import { Refusal } from '../../routes/refusal.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a body. @throws {Refusal} when it is not UTF-8. */
export function textOf(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new Refusal('invalid', 'The body is not valid UTF-8; encode it as UTF-8.');
  }
}

/** The value of a JSON body. @throws {Refusal} when it is no JSON. */
export function jsonOf(body: Uint8Array): unknown {
  const text = textOf(body);
  if (text.trim() === '')
    throw new Refusal('invalid', 'The body is empty; send one event or an array of events.');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal('invalid', `The body is not valid JSON: ${messageOf(error)}`);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
