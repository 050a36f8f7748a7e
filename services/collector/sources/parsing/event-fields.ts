import { environmentNamed, type FoundService, serviceNamed } from '../../../../domain/catalogue/lookup.ts';
import type { Catalogue } from '../../../../domain/catalogue/model.ts';
import { defaultEnvironment, type SentEvent } from '../../../../domain/events/event.ts';
import { digestOf } from '../../../../domain/events/identity.ts';
import { fail, type ParsedRequest, type ToolRequest } from '../source.ts';

/** The fields that sources fill in alike: names, descriptions, service, environment, id. */

/** Maximum lengths of an event's fields, as in `domain/events/event.ts`. */
export const lengths = { service: 200, environment: 200, name: 500, id: 1_000 } as const;

/**
 * Checks a name and returns it unchanged: a name that was cut would be another name.
 * @param what subject of the error's sentence: `The change`
 * @throws {Unmappable} if the name is empty, too long, or cannot be stored
 */
export function identity(what: string, text: string, max: number = lengths.name): string {
  if (text === '') return fail(`${what} is empty.`);
  if (text.length > max) return fail(`${what} has ${text.length} characters; ${max} is the most.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what databases cannot store
  if (/\u0000|^\uFEFF/.test(text) || !text.isWellFormed())
    return fail(`${what} holds a character that cannot be stored.`);
  return text;
}

const descriptiveLengths = { title: 1_000, reason: 2_000, url: 2_000, actor: 200, severity: 200 } as const;
type DescriptiveFields = { [F in keyof typeof descriptiveLengths]?: string };

/** Descriptive fields, cut to their maximum lengths, without absent and empty ones. */
export function describe(
  fields: Readonly<Partial<Record<keyof DescriptiveFields, string | null>>>,
): DescriptiveFields {
  const entries = Object.entries(fields).flatMap(([field, text]) => {
    const short = cut(text ?? '', descriptiveLengths[field as keyof DescriptiveFields]);
    return short === '' ? [] : [[field, short]];
  });
  return Object.fromEntries(entries);
}

function cut(text: string, max: number): string {
  const short = text
    .slice(0, max * 2)
    .replaceAll('\u0000', '')
    .toWellFormed();
  const trimmed = short.replace(/^[\s\uFEFF]+/, '').slice(0, max);
  // The cut may leave half of a surrogate pair.
  return (trimmed.isWellFormed() ? trimmed : trimmed.slice(0, -1)).trimEnd();
}

/**
 * The service of a request: the one in `?service=`, else the first of these names that the catalogue knows, else the
 * first name.
 */
export function serviceOf(
  request: Pick<ToolRequest, 'query'>,
  catalogue: Catalogue,
  names: readonly [string, ...string[]],
): FoundService {
  const requested = request.query['service'] || null;
  const found = serviceNamed(catalogue, requested === null ? names : [requested]);
  return { ...found, name: identity('The service', found.name, lengths.service) };
}

/**
 * The service of a request, from names that may be absent.
 * @throws {Unmappable} with this sentence if there is no name and no `?service=`
 */
export function serviceAmong(
  request: ToolRequest,
  catalogue: Catalogue,
  names: readonly (string | null)[],
  sentence: string,
): FoundService {
  const [name, ...others] = names.filter(each => each !== null);
  if (name === undefined && !request.query['service']) return fail(sentence);
  return serviceOf(request, catalogue, [name ?? '', ...others]);
}

/** The environment of a request: the one in `?environment=`, else the tool's; both as the catalogue maps them. */
export function environmentOf(
  request: Pick<ToolRequest, 'query'>,
  catalogue: Catalogue,
  found: FoundService,
  name: string,
): string {
  const requested = request.query['environment'] || name;
  return identity(
    'The environment',
    environmentNamed(catalogue, found.entry, requested),
    lengths.environment,
  );
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
 * The environment of a Kubernetes namespace, for tools that name none: as the catalogue maps the namespace; else the
 * namespace itself if it is a usual name of an environment; else the default.
 */
export function environmentOfNamespace(
  catalogue: Catalogue,
  { entry }: FoundService,
  namespace: string,
): string {
  const mapped = environmentNamed(catalogue, entry, namespace);
  return mapped !== namespace || environmentWords.includes(namespace) ? mapped : defaultEnvironment;
}

/** The services that the catalogue does not know, each name once, as a part of {@link ParsedRequest}. */
export function unknownServicesAmong(found: readonly FoundService[]): Pick<ParsedRequest, 'unknownServices'> {
  const names = new Set(found.filter(({ entry }) => entry === null).map(({ name }) => name));
  return names.size === 0 ? {} : { unknownServices: [...names] };
}

/** The event with the digest of its fields as id, so that a repeated delivery has the same id. */
export function identified(event: SentEvent): SentEvent {
  return { ...event, id: digestOf(event) };
}

/** Joins the results of several messages in one request. */
export function mergeParsed(parsed: readonly ParsedRequest[]): ParsedRequest {
  const unknownServices = [...new Set(parsed.flatMap(each => each.unknownServices ?? []))];
  return {
    events: parsed.flatMap(({ events }) => events),
    ...(unknownServices.length > 0 && { unknownServices }),
  };
}
