import { type FoundService, nameOfImage } from '../../../../domain/catalogue/lookup.ts';
import { fullWeight, type SentEvent } from '../../../../domain/events/event.ts';
import { Refusal } from '../../refusal.ts';
import {
  describe,
  environmentOf,
  environmentOfNamespace,
  identified,
  identity,
  serviceOf,
  unknownServicesAmong,
} from '../parsing/event-fields.ts';
import { type JsonObject, objectAt, objectOf, textAt, timeOfMillis } from '../parsing/json.ts';
import type { Revision } from '../parsing/kubernetes.ts';
import { fail, type ParsedRequest, type Source, type ToolContext, type ToolRequest } from '../source.ts';
import { type Strategy, type Transition, transitionOf } from './messages.ts';

/**
 * Flagger's event webhook. Its payload has no image, no weight and no attempt: the weight is in the message, and the user
 * adds the rest to the webhook's metadata; see `docs/integrations/flagger.md`.
 * @see https://docs.flagger.app/usage/webhooks#event-hooks
 */
export const flagger: Source = { tool: 'flagger', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const event = eventIn(request.body);
  const { metadata, message } = event;
  const transition = transitionOf(message, strategyNamed(textAt(metadata, 'strategy')));
  if (transition === null) return { events: [] };

  const canary = canaryIn(event);
  const service = serviceOf(request, catalogue, [
    textAt(metadata, 'service') ?? canary.name,
    `${canary.namespace}/${canary.name}`,
  ]);
  const environment =
    textAt(metadata, 'environment') ?? environmentOfNamespace(catalogue, service, canary.namespace);
  const revision = revisionIn(metadata, service);
  const scope = {
    service: service.name,
    environment: environmentOf(request, catalogue, service, environment),
    source: identity('The source', `flagger/${canary.namespace}/${canary.name}`),
    time: event.time,
    rollout: rolloutOf(event, canary, transition),
  };
  return {
    events: [identified(eventOf(transition, scope, revision, canary, message))],
    ...unknownServicesAmong([service]),
  };
}

type Scope = Record<'service' | 'environment' | 'source' | 'time' | 'rollout', string>;

function eventOf(
  transition: Transition,
  scope: Scope,
  revision: Revision | null,
  canary: Canary,
  message: string,
): SentEvent {
  switch (transition.kind) {
    case 'exposed': {
      const { weight, strategy } = transition;
      const exposed = revision ?? { artifact: identity('The artifact', specOf(canary)) };
      return { type: 'change_exposed', ...scope, ...exposed, weight, ...(strategy && { strategy }) };
    }
    case 'initialized':
      return { type: 'change_exposed', ...scope, ...revision, weight: fullWeight, strategy: 'direct' };
    case 'withdrawn':
      return { type: 'change_exposed', ...scope, weight: 0 };
    case 'rolled back':
      return {
        type: 'change_rolled_back',
        ...scope,
        ...revision,
        cause: transition.cause,
        ...describe({ reason: message }),
      };
  }
}

interface FlaggerEvent {
  readonly payload: JsonObject;
  readonly metadata: JsonObject;
  readonly message: string;
  /** Milliseconds since 1970, as sent. */
  readonly timestamp: string;
  readonly time: string;
}

interface Canary {
  readonly namespace: string;
  readonly name: string;
  /** Checksum of the pod template and the configuration that it uses. */
  readonly checksum: string;
}

/**
 * Only an event may get an answer of success. For a gate, success lets a rollout pass, or rolls it back. Gates have the
 * same payload, without the three fields that Flagger adds to the metadata of an event.
 */
function eventIn(body: Uint8Array): FlaggerEvent {
  const payload = payloadIn(body);
  const metadata = objectAt(payload, 'metadata');
  const message = textAt(metadata, 'eventMessage');
  const timestamp = textAt(metadata, 'timestamp') ?? '';
  const time = /^\d{1,16}$/.test(timestamp) ? timeOfMillis(Number(timestamp)) : null;
  if (!payload || !metadata || !message || !textAt(metadata, 'eventType') || !time)
    throw new Refusal(
      'invalid',
      'This is no event of Flagger: its metadata lack eventMessage, eventType or timestamp. Use this address for webhooks of type event only; success would open a gate, or roll back.',
    );
  return { payload, metadata, message, timestamp, time };
}

function payloadIn(body: Uint8Array): JsonObject | null {
  try {
    return objectOf(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch {
    return null;
  }
}

function canaryIn({ payload }: FlaggerEvent): Canary {
  const field = (name: string) => textAt(payload, name) ?? fail(`The event of Flagger has no ${name}.`);
  return { namespace: field('namespace'), name: field('name'), checksum: field('checksum') };
}

/**
 * The name of the attempt: the one in the metadata; else it is made of the checksum. The checksum is the same for a retry
 * and for a return to the same spec, so a name in the metadata is better. For the first version, older releases of
 * Flagger send the checksum of an empty spec; that attempt is a single event, whose time identifies it.
 */
function rolloutOf({ metadata, timestamp }: FlaggerEvent, canary: Canary, transition: Transition): string {
  const rollout = textAt(metadata, 'rollout');
  if (rollout !== null) return identity('The rollout', rollout);
  return identity(
    'The name of the rollout',
    transition.kind === 'initialized'
      ? specOf({ ...canary, checksum: `initial-${timestamp}` })
      : specOf(canary),
  );
}

const specOf = ({ namespace, name, checksum }: Canary) => `flagger:${namespace}/${name}@${checksum}`;

/** What is rolled out, according to the metadata: a change, or an image. */
function revisionIn(metadata: JsonObject, { entry }: FoundService): Revision | null {
  const change = textAt(metadata, 'change');
  if (change !== null) return { change: identity('The change', change) };
  const image = textAt(metadata, 'image');
  return image === null ? null : nameOfImage(entry, identity('The image', image));
}

const strategyWords: Readonly<Record<string, Strategy>> = {
  canary: 'canary',
  bluegreen: 'blue_green',
  abtest: 'ab_test',
  abtesting: 'ab_test',
  ab: 'ab_test',
};

/** Reads a strategy in any spelling: `Blue/Green`, `blue-green`, `blue_green`. */
function strategyNamed(text: string | null): Strategy | null {
  const word = (text ?? '')
    .slice(0, 50)
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  return Object.hasOwn(strategyWords, word) ? (strategyWords[word] ?? null) : null;
}
