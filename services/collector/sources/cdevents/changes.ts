import {
  type FoundService,
  serviceNamed,
  serviceOfImage,
  servicesOfRepository,
} from '../../../../domain/catalogue/lookup.ts';
import type { Catalogue } from '../../../../domain/catalogue/model.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { describe, identity, lengths, unknownServicesAmong } from '../parsing/event-fields.ts';
import { textAt, timeAt } from '../parsing/json.ts';
import { fail, type ParsedRequest } from '../source.ts';
import { addressMax, artifactOf, type CdEvent, firstOf, flagsIn, requestedService } from './cd-event.ts';
import { type ArtifactNames, spellings } from './purl.ts';

export function createdEvents(event: CdEvent): ParsedRequest {
  return eventPerService(event, servicesOfChange(event), head => ({
    type: 'change_created',
    ...head,
    change: event.subject,
    ...describe({ title: textAt(event.content, 'description') }),
  }));
}

export function mergedEvents(event: CdEvent): ParsedRequest {
  return eventPerService(event, servicesOfChange(event), head => ({
    type: 'change_merged',
    ...head,
    change: event.subject,
    ...flagsIn(event, 'rework'),
    ...describe({ title: textAt(event.content, 'description') }),
  }));
}

/**
 * `change_merged` with the artifact that the change became. The merge has the time of the
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
  return eventPerService(event, servicesOfArtifact(event, names), head => ({
    type: 'change_merged',
    ...head,
    time: mergeTime(event),
    change: identity('The change', change),
    artifact: [...spellings(names)],
    ...flagsIn(event, 'rework'),
  }));
}

function mergeTime({ custom, time }: CdEvent): string {
  if (custom['mergedAt'] === undefined) return time;
  return timeAt(custom, 'mergedAt') ?? fail('customData.mergedAt is no RFC 3339 time.');
}

/** Makes one event per service of the change or the artifact. */
function eventPerService(
  event: CdEvent,
  found: readonly FoundService[],
  eventOf: (head: ReturnType<CdEvent['head']> & { service: string }) => SentEvent,
): ParsedRequest {
  const events = found.map(({ name }) => {
    const service = identity('The service', name, lengths.service);
    return eventOf({ ...event.head(found.length > 1 ? service : undefined), service });
  });
  return { events, ...unknownServicesAmong(found) };
}

function servicesOfChange(event: CdEvent): readonly FoundService[] {
  const requested = requestedService(event);
  if (requested) return [requested];
  const id = textAt(event.content, 'repository', 'id');
  const source = textAt(event.content, 'repository', 'source');
  const candidates = [
    ...(id === null ? [] : [id, ...repositoriesIn(id)]),
    ...(id === null || source === null ? [] : repositoriesIn(`${source}/${id}`)),
    ...(source === null ? [] : repositoriesIn(source)),
  ];
  if (candidates.length === 0) return fail('It names no repository; name the service in customData.service.');
  return servicesOf(event.context.catalogue, candidates);
}

function servicesOfArtifact(event: CdEvent, names: ArtifactNames): readonly FoundService[] {
  const { catalogue } = event.context;
  const requested =
    requestedService(event) ?? firstOf(spellings(names), spelling => serviceOfImage(catalogue, spelling));
  if (requested) return [requested];
  const candidates = repositoriesIn(textAt(event.content, 'change', 'source') ?? '');
  if (candidates.length > 0) return servicesOf(catalogue, candidates);
  return [serviceNamed(catalogue, [names.packageName ?? names.name])];
}

/** The services of the first repository that the catalogue knows; else a service with the first repository's name. */
function servicesOf(catalogue: Catalogue, repositories: readonly string[]): readonly FoundService[] {
  const found = repositories.map(repository => servicesOfRepository(catalogue, repository, null));
  const services = found.find(each => each.every(({ entry }) => entry !== null)) ?? found[0] ?? [];
  if (services.length > 0) return services;
  return fail('The catalogue has several services in this repository; name one in customData.service.');
}

/** The repositories, as written in a catalogue, that an address may stand for: `my-git.example/acme/shop`. */
function repositoriesIn(address: string): string[] {
  if (address.length > addressMax) return [];
  const host = /^(?:[a-z][a-z0-9+.-]*:\/\/|[^@/]+@)?[^/:]*\.[^/:]*(?::\d+)?[:/]/i.exec(address)?.[0];
  // An address that begins with a slash, or with a scheme and no host, is one within some tool.
  if (host === undefined && /^\/|:\/\//.test(address)) return [];
  const parts = address
    .slice(host?.length ?? 0)
    .split(/[?#]|\/-\//, 1)
    .flatMap(path => path.split('/'))
    .filter(part => part !== '')
    .map(part => part.replace(/\.git$/, ''));
  return parts.length < 2 ? [] : [...new Set([parts.join('/'), parts.slice(0, 2).join('/')])];
}
