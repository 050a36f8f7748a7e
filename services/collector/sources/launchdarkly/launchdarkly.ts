import { changesOfFlag } from '../../../../domain/catalogue/lookup.ts';
import { mergeParsed } from '../parsing/event-fields.ts';
import { eventsOfFlag, type FlagChange, isNewVariant, unknownWeight } from '../parsing/flags.ts';
import {
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectIn,
  objectOf,
  textAt,
  timeOfMillis,
  valueAt,
} from '../parsing/json.ts';
import { fail, type Source, type ToolContext } from '../source.ts';

/**
 * LaunchDarkly's webhooks: entries of the audit log. They hold the flag before and after, or only the actions.
 * @see https://launchdarkly.com/docs/api/webhooks
 */
export const launchdarkly: Source = {
  tool: 'launchdarkly',
  scheme: 'token',
  parse(request, context) {
    const body = objectIn(request.body);
    const kind = textAt(body, 'kind') ?? fail('The body has no kind: it is no entry of the audit log.');
    if (kind !== 'flag') return { events: [] };
    const changes = flagActionsIn(body).map(actions => flagChangeOf(body, actions, context));
    return mergeParsed(changes.map(change => eventsOfFlag(change, request, context)));
  },
};

/** The actions on one flag in one environment. */
interface FlagActions {
  readonly project: string;
  readonly environment: string | null;
  readonly flag: string;
  readonly actions: readonly string[];
}

/** The actions that may move traffic; others change the flag's name, its tags and the like. */
const moving = /^(update(On|Fallthrough|Rules|Targets|OffVariation|FlagVariations)|stopMeasuredRollout)/;
/** The actions that end the flag. */
const ending = new Set(['updateGlobalArchived', 'deleteFlag']);

function flagActionsIn(body: JsonObject): FlagActions[] {
  const byFlag = new Map<string, FlagActions>();
  for (const access of listAt(body, 'accesses')) {
    const action = textAt(access, 'action') ?? '';
    if (!moving.test(action) && !ending.has(action)) continue;
    const resource = textAt(access, 'resource') ?? fail(`The action ${action} names no resource.`);
    const flag = flagIn(resource);
    const key = JSON.stringify(flag);
    byFlag.set(key, { ...flag, actions: [...(byFlag.get(key)?.actions ?? []), action] });
  }
  return [...byFlag.values()];
}

/** The flag of a resource: `proj/shop;tag:env/production;tag:flag/new-tax-engine;tag`. */
function flagIn(resource: string): Omit<FlagActions, 'actions'> {
  const parts = new Map(
    resource.split(':').map(part => {
      const [kind = '', name = ''] = part.split(/\/(.*)/s);
      return [kind, name.split(';')[0] ?? ''];
    }),
  );
  const flag = parts.get('flag') || fail('The resource names no flag.');
  const environment = parts.get('env') ?? '';
  return {
    project: parts.get('proj') || fail('The resource names no project.'),
    environment: environment === '' || environment === '*' ? null : environment,
    flag,
  };
}

function flagChangeOf(body: JsonObject, actions: FlagActions, context: ToolContext): FlagChange {
  const date = numberAt(body, 'date');
  return {
    id: [textAt(body, '_id') ?? fail('The entry has no _id.'), actions.flag, actions.environment ?? '*'].join(
      '/',
    ),
    source: `launchdarkly/${actions.project}`,
    time: (date === null ? null : timeOfMillis(date)) ?? fail('The entry has no date in milliseconds.'),
    flag: actions.flag,
    environment: actions.environment,
    title: [
      textAt(body, 'titleVerb'),
      actions.environment && `in ${actions.environment}`,
      textAt(body, 'comment'),
    ]
      .filter(Boolean)
      .join(', '),
    actor: textAt(body, 'member', 'email'),
    ...outcomeOf(body, actions, context),
  };
}

function outcomeOf(
  body: JsonObject,
  flagActions: FlagActions,
  context: ToolContext,
): Pick<FlagChange, 'variant' | 'weight' | 'isWithdrawn'> {
  const { actions, environment } = flagActions;
  const unknownOutcome = { variant: null, weight: null, isWithdrawn: false };
  if (actions.some(action => ending.has(action)))
    return { ...unknownOutcome, variant: actions.includes('deleteFlag') ? 'deleted' : 'archived' };
  if (environment === null) return unknownOutcome;
  const now = weightIn(objectAt(body, 'currentVersion'), flagActions, context);
  if (now !== null) {
    const before = weightIn(objectAt(body, 'previousVersion'), flagActions, context);
    const isOff = valueAt(body, 'currentVersion', 'environments', environment, 'on') === false;
    const variant = isOff ? 'off' : now === unknownWeight ? 'on' : `${now} %`;
    const isWithdrawn = now === 0 && (before === null ? actions.includes('updateOn') : before > 0);
    return { variant, weight: now === before ? null : now, isWithdrawn };
  }
  if (actions.includes('updateOn')) {
    const verb = textAt(body, 'titleVerb') ?? '';
    if (verb.includes('turned off')) return { variant: 'off', weight: 0, isWithdrawn: true };
    if (verb.includes('turned on')) return { variant: 'on', weight: unknownWeight, isWithdrawn: false };
  }
  // The flag begins to serve the new variant, to a share that the entry does not have.
  if (actions.some(action => /^update(Fallthrough|Rules)WithMeasuredRollout$/.test(action)))
    return { ...unknownOutcome, weight: unknownWeight };
  return unknownOutcome;
}

/** Percent of traffic to which a version of the flag serves the new variant; null if unknown. */
function weightIn(
  version: JsonObject | null,
  { flag, environment }: FlagActions,
  context: ToolContext,
): number | null {
  const settings = environment === null ? null : objectAt(version, 'environments', environment);
  const isOn = valueAt(settings, 'on');
  if (settings === null || typeof isOn !== 'boolean') return null;
  if (!isOn) return 0;
  const [released] = changesOfFlag(context.catalogue, flag);
  const isNew = (index: number) => {
    const variation = objectOf(listAt(version, 'variations')[index]);
    if (variation === null) return false;
    const value = valueAt(variation, 'value');
    return isNewVariant(released?.service ?? null, flag, textAt(variation, 'name') ?? String(value), value);
  };
  const share = shareOf(objectAt(settings, 'fallthrough'), isNew);
  const others = [
    ...listAt(settings, 'rules'),
    ...listAt(settings, 'targets'),
    ...listAt(settings, 'contextTargets'),
  ];
  const isServedToSome = others.some(each => shareOf(each, isNew) > 0);
  return share === 0 && isServedToSome ? unknownWeight : share;
}

/** The share of the new variant: of a single variation, or of a rollout with weights in parts of 100,000. */
function shareOf(served: unknown, isNew: (index: number) => boolean): number {
  const index = numberAt(served, 'variation');
  if (index !== null) return isNew(index) ? 100 : 0;
  const parts = listAt(served, 'rollout', 'variations').reduce<number>((sum, part) => {
    const variation = numberAt(part, 'variation');
    return variation !== null && isNew(variation) ? sum + Math.max(0, numberAt(part, 'weight') ?? 0) : sum;
  }, 0);
  return Math.min(100, parts / 1_000);
}
