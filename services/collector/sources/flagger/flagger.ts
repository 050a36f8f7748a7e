import { type Found, nameOfImage } from '../../../../domain/catalogue/catalogue.ts';
import { fullWeight, type SentEvent } from '../../../../domain/events/event.ts';
import { Refusal } from '../../routes/refusal.ts';
import type { Named } from '../parsing/kubernetes.ts';
import {
  describe,
  environmentOf,
  environmentOfNamespace,
  fail,
  identified,
  identity,
  type JsonObject,
  objectAt,
  objectOf,
  serviceOf,
  textAt,
  timeOfMillis,
  unknownAmong,
} from '../parsing/reading.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';
import { type Phase, phaseOf, type Strategy } from './messages.ts';

/**
 * Flagger's event webhook. Its payload has no image, no weight and no attempt: the weight is in the message, the
 * rest is what the user writes into the webhook's metadata; see `docs/integrations/flagger.md`.
 * @see https://docs.flagger.app/usage/webhooks#event-hooks
 */
export const flagger: Source = { tool: 'flagger', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const event = eventIn(request.body);
  const { metadata, message } = event;
  const saying = phaseOf(message, strategyNamed(textAt(metadata, 'strategy')));
  if (saying === null) return { events: [] };

  const canary = canaryIn(event);
  const service = serviceOf(request, catalogue, [
    textAt(metadata, 'service') ?? canary.name,
    `${canary.namespace}/${canary.name}`,
  ]);
  const environment =
    textAt(metadata, 'environment') ?? environmentOfNamespace(catalogue, service, canary.namespace);
  const names = namesIn(metadata, service);
  const place = {
    service: service.name,
    environment: environmentOf(request, catalogue, service, environment),
    source: identity('The source', `flagger/${canary.namespace}/${canary.name}`),
    time: event.time,
    rollout: rolloutOf(event, canary, saying),
  };
  return {
    events: [identified(eventOf(saying, place, names, canary, message))],
    ...unknownAmong([service]),
  };
}

type Place = Record<'service' | 'environment' | 'source' | 'time' | 'rollout', string>;

function eventOf(
  saying: Phase,
  place: Place,
  names: Named | null,
  canary: Canary,
  message: string,
): SentEvent {
  switch (saying.says) {
    case 'exposed': {
      const { weight, strategy } = saying;
      const what = names ?? { artifact: identity('The artifact', specOf(canary)) };
      return { type: 'change_exposed', ...place, ...what, weight, ...(strategy && { strategy }) };
    }
    case 'initialized':
      return { type: 'change_exposed', ...place, ...names, weight: fullWeight, strategy: 'direct' };
    case 'withdrawn':
      return { type: 'change_exposed', ...place, weight: 0 };
    case 'rolled back':
      return {
        type: 'change_rolled_back',
        ...place,
        ...names,
        cause: saying.cause,
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
  /** Of the pod template and the configuration that it uses. */
  readonly checksum: string;
}

/**
 * Only an event may be answered with success. Success to a gate acts: it lets a rollout pass, and a `rollback`
 * gate rolls back. Gates have the same payload without the three fields that Flagger itself adds to an event's.
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
 * The attempt. All that Flagger says of it is the checksum, and the same spec has the same one again: in a retry,
 * and when it comes back. So the user's own name is better. The first version's checksum is that of no spec at all
 * in older releases of Flagger, but that attempt is one event, whose time names it.
 */
function rolloutOf({ metadata, timestamp }: FlaggerEvent, canary: Canary, saying: Phase): string {
  const own = textAt(metadata, 'rollout');
  if (own !== null) return identity('The rollout', own);
  return identity(
    'The name of the rollout',
    saying.says === 'initialized' ? specOf({ ...canary, checksum: `initial-${timestamp}` }) : specOf(canary),
  );
}

const specOf = ({ namespace, name, checksum }: Canary) => `flagger:${namespace}/${name}@${checksum}`;

/** What the user says is rolled out: a change, or an image that is one, or an artifact. */
function namesIn(metadata: JsonObject, { entry }: Found): Named | null {
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

/** Without regard to case and to what parts the words: `Blue/Green`, `blue-green`, `blue_green`. */
function strategyNamed(text: string | null): Strategy | null {
  const word = (text ?? '')
    .slice(0, 50)
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  return Object.hasOwn(strategyWords, word) ? (strategyWords[word] ?? null) : null;
}
