import { changesOfFlag } from '../../../../domain/catalogue/catalogue.ts';
import { eventsOfFlag, type FlagNews, isNewVariant, unknownWeight } from '../flags/flags.ts';
import {
  fail,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectIn,
  objectOf,
  textAt,
  timeOfMillis,
  valueAt,
} from '../parsing/reading.ts';
import type { Source, ToolContext } from '../source.ts';

/**
 * LaunchDarkly's webhooks: entries of the audit log, which hold the flag before and after or only what was done.
 * @see https://launchdarkly.com/docs/api/webhooks
 */
export const launchdarkly: Source = {
  tool: 'launchdarkly',
  scheme: 'token',
  parse(request, context) {
    const body = objectIn(request.body);
    const kind = textAt(body, 'kind') ?? fail('The body has no kind: it is no entry of the audit log.');
    if (kind !== 'flag') return { events: [] };
    const places = placesOf(body);
    const told = places.map(place => eventsOfFlag(newsOf(body, place, context), request, context));
    const unknown = [...new Set(told.flatMap(each => each.unknown ?? []))];
    return { events: told.flatMap(({ events }) => events), ...(unknown.length > 0 && { unknown }) };
  },
};

/** One flag in one environment, and what was done to it there. */
interface Place {
  readonly project: string;
  readonly environment: string | null;
  readonly flag: string;
  readonly actions: readonly string[];
}

/** What moves traffic, or ends the flag; all else is its name, its tags and the like. */
const moving = /^(update(On|Fallthrough|Rules|Targets|OffVariation|FlagVariations)|stopMeasuredRollout)/;
const ending = new Set(['updateGlobalArchived', 'deleteFlag']);

function placesOf(body: JsonObject): Place[] {
  const places = new Map<string, Place>();
  for (const access of listAt(body, 'accesses')) {
    const action = textAt(access, 'action') ?? '';
    if (!moving.test(action) && !ending.has(action)) continue;
    const resource = textAt(access, 'resource') ?? fail(`The action ${action} names no resource.`);
    const place = placeOf(resource);
    const name = JSON.stringify(place);
    const known = places.get(name)?.actions ?? [];
    places.set(name, { ...place, actions: [...known, action] });
  }
  return [...places.values()];
}

/** `proj/shop;tag:env/production;tag:flag/new-tax-engine;tag`. */
function placeOf(resource: string): Place {
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
    actions: [],
  };
}

function newsOf(body: JsonObject, place: Place, context: ToolContext): FlagNews {
  const date = numberAt(body, 'date');
  return {
    id: [textAt(body, '_id') ?? fail('The entry has no _id.'), place.flag, place.environment ?? '*'].join(
      '/',
    ),
    source: `launchdarkly/${place.project}`,
    time: (date === null ? null : timeOfMillis(date)) ?? fail('The entry has no date in milliseconds.'),
    flag: place.flag,
    environment: place.environment,
    title: [
      textAt(body, 'titleVerb'),
      place.environment && `in ${place.environment}`,
      textAt(body, 'comment'),
    ]
      .filter(Boolean)
      .join(', '),
    actor: textAt(body, 'member', 'email'),
    ...outcomeOf(body, place, context),
  };
}

function outcomeOf(
  body: JsonObject,
  place: Place,
  context: ToolContext,
): Pick<FlagNews, 'variant' | 'weight' | 'isTakenBack'> {
  const { actions, environment } = place;
  const nothing = { variant: null, weight: null, isTakenBack: false };
  if (actions.some(action => ending.has(action)))
    return { ...nothing, variant: actions.includes('deleteFlag') ? 'deleted' : 'archived' };
  if (environment === null) return nothing;
  const now = weightIn(objectAt(body, 'currentVersion'), place, context);
  if (now !== null) {
    const before = weightIn(objectAt(body, 'previousVersion'), place, context);
    const isOff = valueAt(body, 'currentVersion', 'environments', environment, 'on') === false;
    const variant = isOff ? 'off' : now === unknownWeight ? 'on' : `${now} %`;
    const isTakenBack = now === 0 && (before === null ? actions.includes('updateOn') : before > 0);
    return { variant, weight: now === before ? null : now, isTakenBack };
  }
  if (actions.includes('updateOn')) {
    const verb = textAt(body, 'titleVerb') ?? '';
    if (verb.includes('turned off')) return { variant: 'off', weight: 0, isTakenBack: true };
    if (verb.includes('turned on')) return { variant: 'on', weight: unknownWeight, isTakenBack: false };
  }
  // It begins to serve what is new, to a share that the entry does not tell.
  if (actions.some(action => /^update(Fallthrough|Rules)WithMeasuredRollout$/.test(action)))
    return { ...nothing, weight: unknownWeight };
  return nothing;
}

/** Percent of traffic that a version of the flag serves what is new; null where it does not tell. */
function weightIn(
  version: JsonObject | null,
  { flag, environment }: Place,
  context: ToolContext,
): number | null {
  const settings = environment === null ? null : objectAt(version, 'environments', environment);
  const isOn = valueAt(settings, 'on');
  if (settings === null || typeof isOn !== 'boolean') return null;
  if (!isOn) return 0;
  const [bound] = changesOfFlag(context.catalogue, flag);
  const isNew = (index: number) => {
    const variation = objectOf(listAt(version, 'variations')[index]);
    if (variation === null) return false;
    const value = valueAt(variation, 'value');
    return isNewVariant(bound?.service ?? null, flag, textAt(variation, 'name') ?? String(value), value);
  };
  const share = shareOf(objectAt(settings, 'fallthrough'), isNew);
  const others = [
    ...listAt(settings, 'rules'),
    ...listAt(settings, 'targets'),
    ...listAt(settings, 'contextTargets'),
  ];
  const isForSome = others.some(each => shareOf(each, isNew) > 0);
  return share === 0 && isForSome ? unknownWeight : share;
}

/** A variation for all, or a rollout of several in parts of 100,000. */
function shareOf(served: unknown, isNew: (index: number) => boolean): number {
  const index = numberAt(served, 'variation');
  if (index !== null) return isNew(index) ? 100 : 0;
  const parts = listAt(served, 'rollout', 'variations').reduce<number>((sum, part) => {
    const variation = numberAt(part, 'variation');
    return variation !== null && isNew(variation) ? sum + Math.max(0, numberAt(part, 'weight') ?? 0) : sum;
  }, 0);
  return Math.min(100, parts / 1_000);
}
