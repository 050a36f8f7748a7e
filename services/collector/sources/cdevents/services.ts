import type { FoundService } from '../../../../domain/catalogue/lookup.ts';
import { type SentEvent, strategies } from '../../../../domain/events/event.ts';
import { identity, unknownServicesAmong } from '../parsing/event-fields.ts';
import { type JsonObject, listAt, textAt } from '../parsing/json.ts';
import { fail, type ParsedRequest } from '../source.ts';
import { artifactOf, type CdEvent, changeOf, environmentIn, flagsIn, serviceServing } from './cd-event.ts';
import type { ArtifactNames } from './purl.ts';

/** A version serves traffic. The version of a `rolledback` event is the older one, which serves again. */
export function exposedEvents(event: CdEvent): ParsedRequest {
  const { content, custom } = event;
  const artifactId = textAt(content, 'artifactId');
  const names = artifactId === null ? null : artifactOf(artifactId);
  const found = serviceServing(event, event.subject, names);
  const revisions = revisionsOf(event, found, names);
  if (Object.keys(revisions).length === 0)
    return fail('subject.content.artifactId is missing; it says which version serves.');
  const isReturn = event.type.startsWith('dev.cdevents.service.rolledback.');
  const weight = isReturn ? null : weightIn(custom);
  const exposed: SentEvent = {
    type: 'change_exposed',
    ...event.head(),
    service: found.name,
    environment: environmentIn(event, found),
    ...revisions,
    rollout: isReturn ? identity('context.id', event.id) : rolloutOf(event, names, weight),
    ...(weight !== null && { weight }),
    ...strategyIn(custom),
    ...flagsIn(event, 'rework', 'drill'),
  };
  return { events: [exposed], ...unknownServicesAmong([found]) };
}

/**
 * The rollout of an exposure: the one in `customData.rollout`; else, for an event with a weight, one per chain and
 * version, so that the steps of a rollout belong together; else the event itself.
 */
function rolloutOf(event: CdEvent, names: ArtifactNames | null, weight: number | null): string {
  const chain = event.text('context', 'chainId');
  const rollout = textAt(event.custom, 'rollout');
  if (rollout !== null) return identity('customData.rollout', rollout);
  if (weight === null || chain === null) return identity('context.id', event.id);
  return identity('context.chainId', names === null ? chain : `${chain}/${names.name}`);
}

/** The changes or the artifact of an exposure: those in `customData`, else by the catalogue, else the artifact. */
function revisionsOf(event: CdEvent, found: FoundService, names: ArtifactNames | null) {
  const customChange = textAt(event.custom, 'change');
  const changes = listAt(event.custom, 'changes')
    .slice(0, 1_000)
    .filter(change => typeof change === 'string' && change !== '')
    .map(change => identity('A change', String(change)));
  const change = customChange ?? (names === null ? null : changeOf(found, names));
  const image = names?.image ?? null;
  return {
    ...(change !== null && { change: identity('The change', change) }),
    ...(changes.length > 0 && { changes }),
    ...(image !== null && change === names?.name && { artifact: image }),
  };
}

function weightIn(custom: JsonObject): number | null {
  const value = custom['weight'];
  if (value === undefined) return null;
  const weight = typeof value === 'string' && /^\d{1,3}(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof weight === 'number' && weight >= 0 && weight <= 100) return weight;
  return fail('customData.weight must be the percent of traffic, a number from 0 to 100.');
}

function strategyIn(custom: JsonObject) {
  const word = textAt(custom, 'strategy')?.toLowerCase().replace(/[ -]/g, '_');
  const strategy = strategies.find(each => each === word);
  return strategy === undefined ? {} : { strategy };
}
