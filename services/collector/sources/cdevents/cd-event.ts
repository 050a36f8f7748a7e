import {
  type Catalogue,
  type Found,
  nameOfImage,
  serviceNamed,
  serviceOfImage,
} from '../../../../domain/catalogue/catalogue.ts';
import {
  environmentOf,
  fail,
  identity,
  type JsonObject,
  lengths,
  objectAt,
  textAt,
  timeAt,
} from '../parsing/reading.ts';
import type { ToolRequest } from '../source.ts';
import { type ArtifactNames, artifactNames, spellings } from './purl.ts';

/** Longest address, package URL included, that is looked into. */
export const addressMax = 2_000;

/** What a CDEvent may be read with: the address's query, and what is known of the services. */
export interface CdEventContext {
  readonly query: ToolRequest['query'];
  readonly catalogue: Catalogue;
}

/** A CDEvent with what every event made of it shares. */
export class CdEvent {
  readonly type: string;
  readonly context: CdEventContext;
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly subject: string;
  readonly content: JsonObject;
  /** Empty where it is no JSON. */
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

  /** Its identity, time and nothing else; `part` tells several events of one CDEvent apart. */
  head(part?: string) {
    const id = part === undefined ? this.id : identity('context.id', `${this.id}#${part}`, lengths.id);
    return { id, source: this.source, time: this.time };
  }
}

export function askedService({ custom, context }: CdEvent): Found | null {
  const name = context.query['service'] || textAt(custom, 'service');
  return name === null ? null : serviceNamed(context.catalogue, [name]);
}

/** @param id as the CDEvent names the service; its last part counts too where the catalogue knows that */
export function serviceServing(event: CdEvent, id: string | null, names: ArtifactNames | null): Found {
  const found =
    serviceFound(event, id, names) ?? fail('It names no service; name one in customData.service.');
  return { ...found, name: identity('The service', found.name, lengths.service) };
}

function serviceFound(event: CdEvent, id: string | null, names: ArtifactNames | null): Found | null {
  const { catalogue } = event.context;
  const asked = askedService(event);
  if (asked) return asked;
  const byName = id === null ? null : serviceNamed(catalogue, [id, id.split('/').at(-1) ?? id]);
  if (byName?.entry) return byName;
  const byImage = names && firstOf(spellings(names), spelling => serviceOfImage(catalogue, spelling));
  return byImage ?? byName;
}

export function environmentIn(event: CdEvent, found: Found): string {
  const { query, catalogue } = event.context;
  const name = textAt(event.content, 'environment', 'id');
  if (name === null && !query['environment']) return fail('subject.content.environment.id is missing.');
  return environmentOf({ query }, catalogue, found, name ?? '');
}

export function descriptions<M extends 'rework' | 'drill'>(
  { custom }: CdEvent,
  ...names: M[]
): { [K in M]?: true } {
  const set = names.filter(name => custom[name] === true).map(name => [name, true]);
  return Object.fromEntries(set) as { [K in M]?: true };
}

/** @throws {Unmappable} when one of its names is too long to be kept */
export function artifactOf(id: string): ArtifactNames {
  const names = artifactNames(identity('The artifact', id, addressMax));
  for (const spelling of spellings(names)) identity('The artifact', spelling);
  return names;
}

export function firstOf<A, B>(values: readonly A[], find: (value: A) => B | null): B | null {
  for (const value of values) {
    const found = find(value);
    if (found !== null) return found;
  }
  return null;
}

/**
 * The change that an artifact stands for. Without a pattern of the catalogue it is called like the artifact, which
 * stands for every change that became it and lets an incident name it too.
 */
export function changeOf({ entry }: Found, names: ArtifactNames): string {
  const change = firstOf(spellings(names), spelling => {
    const name = nameOfImage(entry, spelling);
    return 'change' in name ? name.change : null;
  });
  return change ?? names.name;
}
