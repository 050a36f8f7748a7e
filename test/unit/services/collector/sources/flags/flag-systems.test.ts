import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Catalogue,
  type CatalogueService,
  emptyCatalogue,
} from '../../../../../../domain/catalogue/catalogue.ts';
import { faultsOf } from '../../../../../../domain/events/validate.ts';
import { launchdarkly } from '../../../../../../services/collector/sources/launchdarkly/launchdarkly.ts';
import {
  type ParsedRequest,
  type Source,
  Unmappable,
} from '../../../../../../services/collector/sources/source.ts';
import { unleash } from '../../../../../../services/collector/sources/unleash/unleash.ts';
import { runs } from '../../../../../support/run/properties.ts';
import { mangled } from '../../../../../support/senders/mangled.ts';
import { flagVersion, launchdarklyEntry, rolloutTo } from '../launchdarkly/payloads.ts';
import { gradual, unleashEvent } from '../unleash/payloads.ts';

const service: CatalogueService = {
  name: 'checkout',
  aliases: [],
  repositories: [],
  paths: [],
  artifacts: [],
  environments: {},
  flags: { 'new-tax-engine': 'acme/shop#42' },
};
const shop: Catalogue = { ...emptyCatalogue, services: [service] };
const receivedAt = Date.parse('2026-05-04T09:30:00Z');

function told(
  source: Source,
  payload: unknown,
  catalogue = shop,
  query: Record<string, string> = {},
): ParsedRequest {
  const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return source.parse({ headers: {}, query, body }, { catalogue, receivedAt });
}

/** Says what came out, a line each. */
function lines(source: Source, payload: unknown, catalogue = shop): string[] {
  return told(source, payload, catalogue).events.map(event => {
    expect(faultsOf(event)).toEqual([]);
    if (event.type === 'flag_changed') return `flag_changed ${event.service} ${event.variant}`;
    if (event.type === 'change_exposed')
      return `exposed ${event.rollout} ${event.environment} ${event.weight}`;
    if (event.type === 'change_rolled_back') return `rolled back ${event.rollout} ${event.cause}`;
    return event.type;
  });
}

const exposedAt = (weight: number) => `exposed flag:new-tax-engine:acme/shop#42 production ${weight}`;
const rolledBack = 'rolled back flag:new-tax-engine:acme/shop#42 manual';
const updated = (before: object | null, after: object | null) =>
  unleashEvent('feature-strategy-update', { preData: before, data: after });

describe('Unleash', () => {
  test('tells of a flag that was turned on', () => {
    const common = {
      source: 'unleash/shop',
      time: '2026-05-04T09:03:12.345Z',
      title: 'feature environment enabled in production',
      actor: 'dev@example.com',
      service: 'checkout',
    };
    const id = '1042/2026-05-04T09:03:12.345Z/feature-environment-enabled';
    expect(told(unleash, unleashEvent('feature-environment-enabled'))).toEqual({
      events: [
        {
          type: 'flag_changed',
          ...common,
          id: `${id}/flag_changed/checkout`,
          flag: 'new-tax-engine',
          variant: 'on',
        },
        {
          type: 'change_exposed',
          ...common,
          id: `${id}/change_exposed/checkout`,
          environment: 'production',
          change: 'acme/shop#42',
          rollout: 'flag:new-tax-engine:acme/shop#42',
          strategy: 'flag',
          weight: 1,
        },
      ],
    });
  });

  test.each([
    ['the share is raised', updated(gradual('5'), gradual('25')), ['25 %', exposedAt(25)]],
    ['the share is full', updated(gradual('50'), gradual('100')), ['100 %', exposedAt(100)]],
    [
      'the share becomes one of a segment',
      updated(gradual('5'), gradual('25', { segments: [1] })),
      ['25 %', exposedAt(1)],
    ],
    [
      'the share becomes one under a constraint',
      updated(gradual('5'), gradual('25', { constraints: [{}] })),
      ['25 %', exposedAt(1)],
    ],
    ['the share falls to none', updated(gradual('25'), gradual('0')), ['0 %', rolledBack]],
    [
      'the strategy is disabled',
      updated(gradual('25'), gradual('25', { disabled: true })),
      ['0 %', rolledBack],
    ],
    ['something else of the strategy is changed', updated(gradual('25'), gradual('25')), ['25 %']],
    [
      'the strategy serves everybody',
      updated(gradual('25'), { name: 'default', parameters: {} }),
      ['100 %', exposedAt(100)],
    ],
    ['a strategy is added', unleashEvent('feature-strategy-add', { data: gradual('25') }), ['25 %']],
    ['a strategy is removed', unleashEvent('feature-strategy-remove'), ['undefined']],
    ['it is turned off', unleashEvent('feature-environment-disabled'), ['off', rolledBack]],
    ['it is archived', unleashEvent('feature-archived', { environment: null }), ['archived']],
  ])('where %s', (_, payload, [variant, ...moved]) =>
    expect(lines(unleash, payload)).toEqual([`flag_changed checkout ${variant}`, ...moved]),
  );

  test.each(['feature-tagged', 'feature-stale-on', 'change-request-applied', 'user-created'])(
    'has nothing to tell by %s',
    type => expect(told(unleash, unleashEvent(type))).toEqual({ events: [] }),
  );

  test.each([
    ['a body template', '{"text": "dev turned on the flag"}', /leave the body template/],
    ['no JSON', 'dev turned on the flag', /not JSON/],
    ['no flag', unleashEvent('feature-environment-enabled', { featureName: null }), /names no flag/],
    ['no time', unleashEvent('feature-environment-enabled', { createdAt: 'today' }), /no time createdAt/],
  ])('is not mapped with %s', (_, payload, message) => {
    expect(() => told(unleash, payload)).toThrow(Unmappable);
    expect(() => told(unleash, payload)).toThrow(message);
  });
});

describe('LaunchDarkly', () => {
  const entry = (actions: readonly string[], before?: object, after?: object, fields: object = {}) =>
    launchdarklyEntry(actions, {
      ...(before && { previousVersion: flagVersion(before) }),
      ...(after && { currentVersion: flagVersion(after) }),
      ...fields,
    });

  test('tells of a flag that was turned on', () => {
    const { events } = told(
      launchdarkly,
      entry(['updateOn'], undefined, undefined, { titleVerb: 'turned on the flag' }),
    );
    expect(events).toHaveLength(2);
    expect(events[1]).toEqual({
      type: 'change_exposed',
      id: '673f0a8e2996909074352996/new-tax-engine/production/change_exposed/checkout',
      source: 'launchdarkly/shop',
      time: '2026-05-04T09:03:12.345Z',
      title: 'turned on the flag, in production, ramp',
      actor: 'dev@example.com',
      service: 'checkout',
      environment: 'production',
      change: 'acme/shop#42',
      rollout: 'flag:new-tax-engine:acme/shop#42',
      strategy: 'flag',
      weight: 1,
    });
  });

  const off = { on: false, ...rolloutTo(25) };
  test.each([
    ['on, by what is served', entry(['updateOn'], off, rolloutTo(25)), ['25 %', exposedAt(25)]],
    [
      'its share raised',
      entry(['updateFallthrough'], rolloutTo(5), rolloutTo(12.5)),
      ['12.5 %', exposedAt(12.5)],
    ],
    [
      'on for everybody',
      entry(['updateFallthrough'], rolloutTo(50), { fallthrough: { variation: 0 } }),
      ['100 %', exposedAt(100)],
    ],
    [
      'on for some by a rule',
      entry(['updateRules'], rolloutTo(0), { ...rolloutTo(0), rules: [{ variation: 0 }] }),
      ['on', exposedAt(1)],
    ],
    [
      'its share set while it is off',
      entry(['updateFallthrough'], off, { on: false, ...rolloutTo(50) }),
      ['off'],
    ],
    ['its share taken away', entry(['updateFallthrough'], rolloutTo(25), rolloutTo(0)), ['0 %', rolledBack]],
    ['off', entry(['updateOn'], rolloutTo(25), off), ['off', rolledBack]],
    [
      'off, by words alone',
      entry(['updateOn'], undefined, undefined, { titleVerb: 'turned off the flag' }),
      ['off', rolledBack],
    ],
    [
      'a measured rollout, by words alone',
      entry(['updateFallthroughWithMeasuredRollout', 'updateFallthrough']),
      ['undefined', exposedAt(1)],
    ],
    ['another share, by words alone', entry(['updateFallthrough']), ['undefined']],
    ['archived', entry(['updateGlobalArchived']), ['archived']],
  ])('a flag that was turned, or given: %s', (_, payload, [variant, ...moved]) =>
    expect(lines(launchdarkly, payload)).toEqual([`flag_changed checkout ${variant}`, ...moved]),
  );

  test('the variant that is new may be named by the catalogue', () => {
    const catalogue = { ...shop, services: [{ ...service, flagVariants: { 'new-tax-engine': 'false' } }] };
    expect(lines(launchdarkly, entry(['updateOn'], off, rolloutTo(25)), catalogue)).toContain(exposedAt(75));
  });

  test.each([
    ['a name', entry(['updateName'])],
    ['a project', launchdarklyEntry(['updateOn'], { kind: 'project' })],
  ])('has nothing to tell by %s', (_, payload) =>
    expect(told(launchdarkly, payload)).toEqual({ events: [] }),
  );

  test.each([
    ['no entry', '{}', /no kind/],
    ['no date', launchdarklyEntry(['updateOn'], { date: 'today' }), /no date/],
    [
      'no flag',
      launchdarklyEntry([], { accesses: [{ action: 'updateOn', resource: 'proj/shop' }] }),
      /no flag/,
    ],
  ])('is not mapped with %s', (_, payload, message) =>
    expect(() => told(launchdarkly, payload)).toThrow(message),
  );
});

describe('a flag', () => {
  test('that releases no change is a change of a flag, of no service', () =>
    expect(lines(unleash, unleashEvent('feature-environment-enabled'), emptyCatalogue)).toEqual([
      'flag_changed undefined on',
    ]));

  test('that releases a change of two services exposes both; the address may name one', () => {
    const web = { ...service, name: 'web', flags: { 'new-tax-engine': 'acme/web#7' } };
    const both = { ...shop, services: [service, web] };
    const payload = unleashEvent('feature-environment-enabled');
    expect(lines(unleash, payload, both)).toHaveLength(4);
    const { events } = told(unleash, payload, both, { service: 'web', environment: 'eu' });
    expect(events).toMatchObject([{ service: 'web' }, { change: 'acme/web#7', environment: 'eu' }]);
  });

  test('is in the environment that the catalogue calls so', () => {
    const catalogue = { ...shop, environments: { production: 'live' } };
    expect(told(unleash, unleashEvent('feature-environment-enabled'), catalogue).events[1]).toMatchObject({
      environment: 'live',
    });
  });
});

test.each([
  [unleash, updated(gradual('5'), gradual('25'))],
  [
    launchdarkly,
    launchdarklyEntry(['updateOn'], {
      currentVersion: flagVersion(rolloutTo(25)),
      previousVersion: flagVersion(rolloutTo(5)),
    }),
  ],
])(
  '%#: whatever is dropped, retyped or nested, it is not mapped or its events are right',
  (source, payload) => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(30)), fc.anything(), (dice, junk) => {
        const sent = JSON.stringify(
          mangled(payload, () => dice.next().value ?? 0, junk) ?? null,
          (_, value) => (typeof value === 'bigint' ? String(value) : value),
        );
        try {
          for (const event of told(source, sent).events) expect(faultsOf(event)).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(Unmappable);
        }
      }),
      { numRuns: runs(500) },
    );
  },
);
