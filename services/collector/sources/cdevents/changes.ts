import {
  type Catalogue,
  type Found,
  serviceNamed,
  serviceOfImage,
  servicesOfRepository,
} from '../../../../domain/catalogue/catalogue.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { describe, fail, identity, lengths, textAt, timeAt, unknownAmong } from '../parsing/reading.ts';
import type { ParsedRequest } from '../source.ts';
import { addressMax, artifactOf, askedService, type CdEvent, descriptions, firstOf } from './cd-event.ts';
import { type ArtifactNames, spellings } from './purl.ts';

export function createdEvents(event: CdEvent): ParsedRequest {
  return each(event, servicesOfChange(event), head => ({
    type: 'change_created',
    ...head,
    change: event.subject,
    ...describe({ title: textAt(event.content, 'description') }),
  }));
}

export function mergedEvents(event: CdEvent): ParsedRequest {
  return each(event, servicesOfChange(event), head => ({
    type: 'change_merged',
    ...head,
    change: event.subject,
    ...descriptions(event, 'rework'),
    ...describe({ title: textAt(event.content, 'description') }),
  }));
}

/**
 * A change became an artifact. The only event that says so is `change_merged`, and its time is that of the
 * packaging unless the sender knows better; see `docs/decisions/0006-cdevents.md`.
 */
export function artifactEvents(event: CdEvent): ParsedRequest {
  const { content, custom } = event;
  const isPackaged = event.type.startsWith('dev.cdevents.artifact.packaged.');
  const change = textAt(custom, 'change') ?? textAt(content, 'change', 'id');
  if (change === null)
    return isPackaged
      ? fail('subject.content.change.id is missing; it says of which change.')
      : { events: [] };
  if (custom['merged'] === false) return { events: [] };
  const names = artifactOf(event.subject);
  return each(event, servicesOfArtifact(event, names), head => ({
    type: 'change_merged',
    ...head,
    time: mergeTime(event),
    change: identity('The change', change),
    artifact: [...spellings(names)],
    ...descriptions(event, 'rework'),
  }));
}

function mergeTime({ custom, time }: CdEvent): string {
  if (custom['mergedAt'] === undefined) return time;
  return timeAt(custom, 'mergedAt') ?? fail('customData.mergedAt is no RFC 3339 time.');
}

/** One event per service that the change or the artifact belongs to. */
function each(
  event: CdEvent,
  found: readonly Found[],
  make: (head: ReturnType<CdEvent['head']> & { service: string }) => SentEvent,
): ParsedRequest {
  const events = found.map(({ name }) => {
    const service = identity('The service', name, lengths.service);
    return make({ ...event.head(found.length > 1 ? service : undefined), service });
  });
  return { events, ...unknownAmong(found) };
}

function servicesOfChange(event: CdEvent): readonly Found[] {
  const asked = askedService(event);
  if (asked) return [asked];
  const id = textAt(event.content, 'repository', 'id');
  const place = textAt(event.content, 'repository', 'source');
  const candidates = [
    ...(id === null ? [] : [id, ...repositoriesIn(id)]),
    ...(id === null || place === null ? [] : repositoriesIn(`${place}/${id}`)),
    ...(place === null ? [] : repositoriesIn(place)),
  ];
  if (candidates.length === 0) return fail('It names no repository; name the service in customData.service.');
  return servicesOf(event.context.catalogue, candidates);
}

function servicesOfArtifact(event: CdEvent, names: ArtifactNames): readonly Found[] {
  const { catalogue } = event.context;
  const asked =
    askedService(event) ?? firstOf(spellings(names), spelling => serviceOfImage(catalogue, spelling));
  if (asked) return [asked];
  const candidates = repositoriesIn(textAt(event.content, 'change', 'source') ?? '');
  if (candidates.length > 0) return servicesOf(catalogue, candidates);
  return [serviceNamed(catalogue, [names.packageName ?? names.name])];
}

/** The services of the first of these repositories that the catalogue knows; else one named like the first. */
function servicesOf(catalogue: Catalogue, repositories: readonly string[]): readonly Found[] {
  const found = repositories.map(repository => servicesOfRepository(catalogue, repository, null));
  const services = found.find(each => each.every(({ entry }) => entry !== null)) ?? found[0] ?? [];
  if (services.length > 0) return services;
  return fail('The catalogue has several services in this repository; name one in customData.service.');
}

/** The repositories, as the catalogue writes them, that an address may mean: `my-git.example/acme/shop`. */
function repositoriesIn(address: string): string[] {
  if (address.length > addressMax) return [];
  const host = /^(?:[a-z][a-z0-9+.-]*:\/\/|[^@/]+@)?[^/:]*\.[^/:]*(?::\d+)?[:/]/i.exec(address)?.[0];
  // What begins with a slash, or with a scheme and no host, is an address within some tool.
  if (host === undefined && /^\/|:\/\//.test(address)) return [];
  const parts = address
    .slice(host?.length ?? 0)
    .split(/[?#]|\/-\//, 1)
    .flatMap(path => path.split('/'))
    .filter(part => part !== '')
    .map(part => part.replace(/\.git$/, ''));
  return parts.length < 2 ? [] : [...new Set([parts.join('/'), parts.slice(0, 2).join('/')])];
}
