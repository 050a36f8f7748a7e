import {
  type FoundService,
  nameOfImage,
  serviceNamed,
  serviceOfImage,
} from '../../../../domain/catalogue/lookup.ts';
import type { Catalogue } from '../../../../domain/catalogue/model.ts';
import { environmentOf, identity, lengths } from '../parsing/event-fields.ts';
import { type JsonObject, objectAt, textAt, timeAt } from '../parsing/json.ts';
import { fail, type ToolRequest } from '../source.ts';
import { type ArtifactNames, artifactNames, spellings } from './purl.ts';

/** Maximum length of an address or package URL that is parsed. */
export const addressMax = 2_000;

/** What parsing a CDEvent needs besides the event. */
export interface CdEventContext {
  readonly query: ToolRequest['query'];
  readonly catalogue: Catalogue;
}

/** A CDEvent, with the fields that all its native events share. */
export class CdEvent {
  readonly type: string;
  readonly context: CdEventContext;
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly subject: string;
  readonly content: JsonObject;
  /** Empty if it is no JSON object. */
  readonly custom: JsonObject;
  readonly #value: unknown;

  constructor(value: unknown, type: string, context: CdEventContext) {
    this.#value = value;
    this.type = type;
    this.context = context;
    this.id = identity('context.id', this.text('context', 'id') ?? '', lengths.id);
    this.source = identity('context.source', this.text('context', 'source') ?? '', lengths.id);
    this.time = timeAt(value, 'context', 'timestamp') ?? fail('context.timestamp is no RFC 3339 time.');
    this.subject = identity('subject.id', this.text('subject', 'id') ?? '');
    this.content = objectAt(value, 'subject', 'content') ?? {};
    this.custom = objectAt(value, 'customData') ?? {};
  }

  text(...path: string[]): string | null {
    return textAt(this.#value, ...path);
  }

  /** The `id`, `source` and `time` of a native event; `part` makes the ids of several events differ. */
  head(part?: string) {
    const id = part === undefined ? this.id : identity('context.id', `${this.id}#${part}`, lengths.id);
    return { id, source: this.source, time: this.time };
  }
}

/** The service that the address or `customData.service` names; null if neither does. */
export function requestedService({ custom, context }: CdEvent): FoundService | null {
  const name = context.query['service'] || textAt(custom, 'service');
  return name === null ? null : serviceNamed(context.catalogue, [name]);
}

/**
 * The service that a version serves, or that an incident affects.
 * @param id the service's name in the CDEvent; its last part is used too, if the catalogue knows it
 */
export function serviceServing(event: CdEvent, id: string | null, names: ArtifactNames | null): FoundService {
  const found =
    serviceFound(event, id, names) ?? fail('It names no service; name one in customData.service.');
  return { ...found, name: identity('The service', found.name, lengths.service) };
}

function serviceFound(event: CdEvent, id: string | null, names: ArtifactNames | null): FoundService | null {
  const { catalogue } = event.context;
  const requested = requestedService(event);
  if (requested) return requested;
  const byName = id === null ? null : serviceNamed(catalogue, [id, id.split('/').at(-1) ?? id]);
  if (byName?.entry) return byName;
  const byImage = names && firstOf(spellings(names), spelling => serviceOfImage(catalogue, spelling));
  return byImage ?? byName;
}

export function environmentIn(event: CdEvent, found: FoundService): string {
  const { query, catalogue } = event.context;
  const name = textAt(event.content, 'environment', 'id');
  if (name === null && !query['environment']) return fail('subject.content.environment.id is missing.');
  return environmentOf({ query }, catalogue, found, name ?? '');
}

/** The flags of `customData` that are set to true. */
export function flagsIn<M extends 'rework' | 'drill'>(
  { custom }: CdEvent,
  ...names: M[]
): { [K in M]?: true } {
  const set = names.filter(name => custom[name] === true).map(name => [name, true]);
  return Object.fromEntries(set) as { [K in M]?: true };
}

/** @throws {Unmappable} if one of the artifact's names is too long */
export function artifactOf(id: string): ArtifactNames {
  const names = artifactNames(identity('The artifact', id, addressMax));
  for (const spelling of spellings(names)) identity('The artifact', spelling);
  return names;
}

/** The first result that is not null. */
export function firstOf<A, B>(values: readonly A[], find: (value: A) => B | null): B | null {
  for (const value of values) {
    const found = find(value);
    if (found !== null) return found;
  }
  return null;
}

/**
 * The change of an artifact. Without a pattern in the catalogue, it is the artifact's name: that name stands for every
 * change that became the artifact, and an incident can name it too.
 */
export function changeOf({ entry }: FoundService, names: ArtifactNames): string {
  const change = firstOf(spellings(names), spelling => {
    const name = nameOfImage(entry, spelling);
    return 'change' in name ? name.change : null;
  });
  return change ?? names.name;
}
