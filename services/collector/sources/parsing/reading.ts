import {
  type Catalogue,
  environmentNamed,
  type Found,
  serviceNamed,
} from '../../../../domain/catalogue/catalogue.ts';
import { defaultEnvironment, type SentEvent } from '../../../../domain/events/event.ts';
import { digestOf } from '../../../../domain/events/identity.ts';
import { formatTime, parseTime } from '../../../../domain/events/time.ts';
import { type ParsedRequest, type ToolRequest, Unmappable } from '../source.ts';

/**
 * How sources read what others wrote: every field may be absent, of another type, or enormous. A reader gives
 * null where there is nothing of its type.
 */

export type JsonObject = Readonly<Record<string, unknown>>;
type Step = string | number;

/** The JSON object that a body holds. @throws {Unmappable} when it holds none */
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

/** What lies at a path of own fields and list places; undefined where nothing does. */
export function valueAt(value: unknown, ...path: readonly Step[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<Step, unknown>>)[step];
  }
  return here;
}

export function objectAt(value: unknown, ...path: readonly Step[]): JsonObject | null {
  return objectOf(valueAt(value, ...path));
}

/** Empty where there is no list. */
export function listAt(value: unknown, ...path: readonly Step[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A text that is not empty. */
export function textAt(value: unknown, ...path: readonly Step[]): string | null {
  const found = valueAt(value, ...path);
  return typeof found === 'string' && found !== '' ? found : null;
}

export function numberAt(value: unknown, ...path: readonly Step[]): number | null {
  const found = valueAt(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}

/** An RFC 3339 time in UTC and whole milliseconds. */
export function timeAt(value: unknown, ...path: readonly Step[]): string | null {
  const text = textAt(value, ...path);
  const at = text === null ? null : parseTime(text);
  return at === null ? null : timeOfMillis(at);
}

/** @param ms since 1970; null for what RFC 3339 cannot write */
export function timeOfMillis(ms: number): string | null {
  return Number.isFinite(ms) && ms >= 0 && ms < Date.UTC(10_000, 0, 1) ? formatTime(ms) : null;
}

/**
 * A moment in one of the forms in use, in UTC and whole milliseconds: RFC 3339, or a number since 1970, which may be
 * a text of digits. Its size says the unit: seconds, milliseconds, microseconds or nanoseconds.
 */
export function timestampAt(value: unknown, ...path: readonly Step[]): string | null {
  const found = valueAt(value, ...path);
  const text = typeof found === 'number' ? String(found) : typeof found === 'string' ? found.trim() : '';
  if (!/^\d{1,20}(?:\.\d{1,20})?$/.test(text)) return timeAt([text], 0);
  const number = Number(text);
  const perSecond = number < 1e11 ? 1 : number < 1e14 ? 1e3 : number < 1e17 ? 1e6 : 1e9;
  // A decimal fraction of a second may miss its millisecond by a hair.
  return timeOfMillis(Math.floor((number * 1000) / perSecond + 1e-4));
}

/** What an event may hold: lengths as in `domain/events/event.ts`. */
export const lengths = { service: 200, environment: 200, name: 500, id: 1_000 } as const;

/**
 * A name that identifies something, unchanged: cut off, it would be another name.
 * @param what for the sentence: `The change`
 * @throws {Unmappable} when it is empty, too long, or cannot be stored
 */
export function identity(what: string, text: string, max: number = lengths.name): string {
  if (text === '') return fail(`${what} is empty.`);
  if (text.length > max) return fail(`${what} has ${text.length} characters; ${max} is the most.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what databases cannot store
  if (/\u0000|^\uFEFF/.test(text) || !text.isWellFormed())
    return fail(`${what} holds a character that cannot be stored.`);
  return text;
}

const described = { title: 1_000, reason: 2_000, url: 2_000, actor: 200, severity: 200 } as const;
type Described = { [F in keyof typeof described]?: string };

/** Descriptive fields, cut to their lengths; those that are absent or empty are left out. */
export function describe(fields: Readonly<Partial<Record<keyof Described, string | null>>>): Described {
  const entries = Object.entries(fields).flatMap(([field, text]) => {
    const short = cut(text ?? '', described[field as keyof Described]);
    return short === '' ? [] : [[field, short]];
  });
  return Object.fromEntries(entries);
}

function cut(text: string, max: number): string {
  const short = text
    .slice(0, max * 2)
    .replaceAll('\u0000', '')
    .toWellFormed();
  const begun = short.replace(/^[\s\uFEFF]+/, '').slice(0, max);
  // Half of a pair may be left at the cut.
  return (begun.isWellFormed() ? begun : begun.slice(0, -1)).trimEnd();
}

/**
 * The service that a request is about: what `?service=` of the address says, else the first of these names
 * that the catalogue knows, else the first of them.
 */
export function serviceOf(
  request: Pick<ToolRequest, 'query'>,
  catalogue: Catalogue,
  names: readonly [string, ...string[]],
): Found {
  const asked = request.query['service'] || null;
  const found = serviceNamed(catalogue, asked === null ? names : [asked]);
  return { ...found, name: identity('The service', found.name, lengths.service) };
}

/**
 * The same of names that may be absent.
 * @throws {Unmappable} with this sentence when there is none, and the address says none
 */
export function serviceAmong(
  request: ToolRequest,
  catalogue: Catalogue,
  names: readonly (string | null)[],
  sentence: string,
): Found {
  const [name, ...others] = names.filter(each => each !== null);
  if (name === undefined && !request.query['service']) return fail(sentence);
  return serviceOf(request, catalogue, [name ?? '', ...others]);
}

/** The environment: what `?environment=` of the address says, else what the tool's is called here. */
export function environmentOf(
  request: Pick<ToolRequest, 'query'>,
  catalogue: Catalogue,
  found: Found,
  name: string,
): string {
  const asked = request.query['environment'] || name;
  return identity('The environment', environmentNamed(catalogue, found.entry, asked), lengths.environment);
}

const environmentWords = [
  'staging',
  'stage',
  'development',
  'dev',
  'testing',
  'test',
  'qa',
  'uat',
  'preview',
  'demo',
];

/**
 * The environment of a Kubernetes namespace, for tools that name none: what the catalogue calls it; itself where
 * it is a usual word for one; else the default.
 */
export function environmentOfNamespace(catalogue: Catalogue, { entry }: Found, namespace: string): string {
  const mapped = environmentNamed(catalogue, entry, namespace);
  return mapped !== namespace || environmentWords.includes(namespace) ? mapped : defaultEnvironment;
}

/** For {@link ParsedRequest}: the names of those that the catalogue does not know, each once. */
export function unknownAmong(found: readonly Found[]): Pick<ParsedRequest, 'unknown'> {
  const names = new Set(found.filter(({ entry }) => entry === null).map(({ name }) => name));
  return names.size === 0 ? {} : { unknown: [...names] };
}

/** @throws {Unmappable} always */
export function fail(message: string): never {
  throw new Unmappable(message);
}

/** The event under an id that a repeated delivery has again: the digest of all that it says. */
export function identified(event: SentEvent): SentEvent {
  return { ...event, id: digestOf(event) };
}
