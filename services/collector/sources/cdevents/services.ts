import type { Found } from '../../../../domain/catalogue/catalogue.ts';
import { type SentEvent, strategies } from '../../../../domain/events/event.ts';
import { fail, identity, type JsonObject, listAt, textAt, unknownAmong } from '../parsing/reading.ts';
import type { ParsedRequest } from '../source.ts';
import {
  artifactOf,
  type CdEvent,
  changeOf,
  descriptions,
  environmentIn,
  serviceServing,
} from './cd-event.ts';
import type { ArtifactNames } from './purl.ts';

/** A version serves. The one that a `rolledback` names is the older one, which serves again. */
export function exposedEvents(event: CdEvent): ParsedRequest {
  const { content, custom } = event;
  const artifactId = textAt(content, 'artifactId');
  const names = artifactId === null ? null : artifactOf(artifactId);
  const found = serviceServing(event, event.subject, names);
  const named = namesOf(event, found, names);
  if (Object.keys(named).length === 0)
    return fail('subject.content.artifactId is missing; it says which version serves.');
  const isReturn = event.type.startsWith('dev.cdevents.service.rolledback.');
  const weight = isReturn ? null : weightIn(custom);
  const exposed: SentEvent = {
    type: 'change_exposed',
    ...event.head(),
    service: found.name,
    environment: environmentIn(event, found),
    ...named,
    rollout: isReturn ? identity('context.id', event.id) : rolloutOf(event, names, weight),
    ...(weight !== null && { weight }),
    ...strategyIn(custom),
    ...descriptions(event, 'rework', 'drill'),
  };
  return { events: [exposed], ...unknownAmong([found]) };
}

/**
 * Each event is an attempt of its own, but where steps are told: those with a weight and of one chain belong
 * together, per version.
 */
function rolloutOf(event: CdEvent, names: ArtifactNames | null, weight: number | null): string {
  const chain = event.text('context', 'chainId');
  const own = textAt(event.custom, 'rollout');
  if (own !== null) return identity('customData.rollout', own);
  if (weight === null || chain === null) return identity('context.id', event.id);
  return identity('context.chainId', names === null ? chain : `${chain}/${names.name}`);
}

/** What an exposure or an incident names: changes of the sender's own, else by the catalogue, else the artifact. */
function namesOf(event: CdEvent, found: Found, names: ArtifactNames | null) {
  const own = textAt(event.custom, 'change');
  const changes = listAt(event.custom, 'changes')
    .slice(0, 1_000)
    .filter(change => typeof change === 'string' && change !== '')
    .map(change => identity('A change', String(change)));
  const change = own ?? (names === null ? null : changeOf(found, names));
  const image = names?.image ?? null;
  return {
    ...(change !== null && { change: identity('The change', change) }),
    ...(changes.length > 0 && { changes }),
    ...(image !== null && change === names?.name && { artifact: image }),
  };
}

function weightIn(custom: JsonObject): number | null {
  const sent = custom['weight'];
  if (sent === undefined) return null;
  const weight = typeof sent === 'string' && /^\d{1,3}(\.\d+)?$/.test(sent) ? Number(sent) : sent;
  if (typeof weight === 'number' && weight >= 0 && weight <= 100) return weight;
  return fail('customData.weight must be the percent of traffic, a number from 0 to 100.');
}

function strategyIn(custom: JsonObject) {
  const word = textAt(custom, 'strategy')?.toLowerCase().replace(/[ -]/g, '_');
  const strategy = strategies.find(each => each === word);
  return strategy === undefined ? {} : { strategy };
}
