import { eventsOfFlag, type FlagChange, unknownWeight } from '../parsing/flags.ts';
import {
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectIn,
  textAt,
  timeAt,
  valueAt,
} from '../parsing/json.ts';
import { fail, type Source } from '../source.ts';

/**
 * Unleash's webhook integration without a body template, which sends the event itself.
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

type Outcome = Pick<FlagChange, 'variant' | 'weight' | 'isWithdrawn'>;

/** null if the event is not relevant. A change request is not: each of its changes has an event of its own. */
function outcomeOf(type: string, body: JsonObject): Outcome | null {
  switch (type) {
    case 'feature-environment-enabled':
      // The event does not have the strategies, and thus no share.
      return { variant: 'on', weight: unknownWeight, isWithdrawn: false };
    case 'feature-environment-disabled':
      return { variant: 'off', weight: 0, isWithdrawn: true };
    case 'feature-strategy-update': {
      const before = weightOf(body, 'preData');
      const now = weightOf(body, 'data');
      return {
        variant: now === null ? null : variantOf(body, now),
        // Another part of the strategy may have changed.
        weight: now === before ? null : now,
        isWithdrawn: now === 0 && before !== null && before > 0,
      };
    }
    case 'feature-strategy-add': {
      // A flag gets its strategies before it is turned on, so it may not serve anybody yet.
      const now = weightOf(body, 'data');
      return { variant: now === null ? null : variantOf(body, now), weight: null, isWithdrawn: false };
    }
    case 'feature-strategy-remove':
    case 'feature-variants-updated':
      return { variant: null, weight: null, isWithdrawn: false };
    case 'feature-archived':
      return { variant: 'archived', weight: null, isWithdrawn: false };
    default:
      return null;
  }
}

function commonOf(type: string, body: JsonObject) {
  const id = numberAt(body, 'id') ?? textAt(body, 'id') ?? fail('The event has no id.');
  const time = timeAt(body, 'createdAt') ?? fail('The event has no time createdAt.');
  return {
    // A new installation counts from 1 again.
    id: `${id}/${time}/${type}`,
    source: `unleash/${textAt(body, 'project') ?? 'default'}`,
    time,
    flag: textAt(body, 'featureName') ?? fail('The event names no flag in featureName.'),
    environment: textAt(body, 'environment'),
    title: [type.replaceAll('-', ' '), textAt(body, 'environment')].filter(Boolean).join(' in '),
    actor: textAt(body, 'createdBy'),
  };
}

/** The share that a strategy serves, in percent; null if there is no strategy. */
function weightOf(body: JsonObject, side: 'data' | 'preData'): number | null {
  const strategy = objectAt(body, side);
  if (strategy === null) return null;
  if (valueAt(strategy, 'disabled') === true) return 0;
  const share = shareOf(strategy);
  const isRestricted = listAt(strategy, 'constraints').length > 0 || listAt(strategy, 'segments').length > 0;
  return share !== null && (share === 0 || !isRestricted) ? share : unknownWeight;
}

function shareOf(strategy: JsonObject): number | null {
  if (textAt(strategy, 'name') === 'default') return 100;
  const value = valueAt(strategy, 'parameters', 'rollout') ?? valueAt(strategy, 'parameters', 'percentage');
  const share = typeof value === 'string' && /^\d{1,3}(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof share === 'number' && share >= 0 && share <= 100 ? share : null;
}

function variantOf(body: JsonObject, weight: number): string {
  const strategy = objectAt(body, 'data') ?? {};
  const share = valueAt(strategy, 'disabled') === true ? 0 : shareOf(strategy);
  return `${share ?? weight} %`;
}
