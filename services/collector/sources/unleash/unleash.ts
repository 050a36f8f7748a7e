import { eventsOfFlag, type FlagNews, unknownWeight } from '../flags/flags.ts';
import {
  fail,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectIn,
  textAt,
  timeAt,
  valueAt,
} from '../parsing/reading.ts';
import type { Source } from '../source.ts';

/**
 * Unleash's webhook integration without a body template: the event as it is.
 * @see https://docs.getunleash.io/reference/integrations/webhook
 */
export const unleash: Source = {
  tool: 'unleash',
  scheme: 'token',
  parse(request, context) {
    const body = objectIn(request.body);
    const type =
      textAt(body, 'type') ?? fail('The body has no type: leave the body template of the webhook empty.');
    const outcome = outcomeOf(type, body);
    return outcome === null
      ? { events: [] }
      : eventsOfFlag({ ...commonOf(type, body), ...outcome }, request, context);
  },
};

type Outcome = Pick<FlagNews, 'variant' | 'weight' | 'isTakenBack'>;

/** null for what is of no interest. A change request is none: each of its changes is told by itself. */
function outcomeOf(type: string, body: JsonObject): Outcome | null {
  switch (type) {
    case 'feature-environment-enabled':
      // The event does not hold the strategies, and so no share.
      return { variant: 'on', weight: unknownWeight, isTakenBack: false };
    case 'feature-environment-disabled':
      return { variant: 'off', weight: 0, isTakenBack: true };
    case 'feature-strategy-update': {
      const before = weightOf(body, 'preData');
      const now = weightOf(body, 'data');
      return {
        variant: now === null ? null : variantOf(body, now),
        // The strategy may have been changed otherwise.
        weight: now === before ? null : now,
        isTakenBack: now === 0 && before !== null && before > 0,
      };
    }
    case 'feature-strategy-add': {
      // A flag gets its strategies before it is turned on: nobody need be served anything yet.
      const now = weightOf(body, 'data');
      return { variant: now === null ? null : variantOf(body, now), weight: null, isTakenBack: false };
    }
    case 'feature-strategy-remove':
    case 'feature-variants-updated':
      return { variant: null, weight: null, isTakenBack: false };
    case 'feature-archived':
      return { variant: 'archived', weight: null, isTakenBack: false };
    default:
      return null;
  }
}

function commonOf(type: string, body: JsonObject) {
  const id = numberAt(body, 'id') ?? textAt(body, 'id') ?? fail('The event has no id.');
  const time = timeAt(body, 'createdAt') ?? fail('The event has no time createdAt.');
  return {
    // An instance that was set up anew counts from 1 again.
    id: `${id}/${time}/${type}`,
    source: `unleash/${textAt(body, 'project') ?? 'default'}`,
    time,
    flag: textAt(body, 'featureName') ?? fail('The event names no flag in featureName.'),
    environment: textAt(body, 'environment'),
    title: [type.replaceAll('-', ' '), textAt(body, 'environment')].filter(Boolean).join(' in '),
    actor: textAt(body, 'createdBy'),
  };
}

/** The share that a strategy lets through, in percent; null where there is no strategy. */
function weightOf(body: JsonObject, side: 'data' | 'preData'): number | null {
  const strategy = objectAt(body, side);
  if (strategy === null) return null;
  if (valueAt(strategy, 'disabled') === true) return 0;
  const share = shareOf(strategy);
  const isNarrowed = listAt(strategy, 'constraints').length > 0 || listAt(strategy, 'segments').length > 0;
  return share !== null && (share === 0 || !isNarrowed) ? share : unknownWeight;
}

function shareOf(strategy: JsonObject): number | null {
  if (textAt(strategy, 'name') === 'default') return 100;
  const told = valueAt(strategy, 'parameters', 'rollout') ?? valueAt(strategy, 'parameters', 'percentage');
  const share = typeof told === 'string' && /^\d{1,3}(\.\d+)?$/.test(told) ? Number(told) : told;
  return typeof share === 'number' && share >= 0 && share <= 100 ? share : null;
}

function variantOf(body: JsonObject, weight: number): string {
  const strategy = objectAt(body, 'data') ?? {};
  const share = valueAt(strategy, 'disabled') === true ? 0 : shareOf(strategy);
  return `${share ?? weight} %`;
}
