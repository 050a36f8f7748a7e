import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { emptyCatalogue } from '../../../../../../domain/catalogue/model.ts';
import { launchdarkly } from '../../../../../../services/collector/sources/launchdarkly/launchdarkly.ts';
import {
  exposedAt,
  lines,
  parsedBy,
  rolledBack,
  service,
  shop,
  survivesMangling,
} from '../../../../../support/senders/flag-systems.ts';
import { flagVersion, launchdarklyEntry, rolloutTo } from './payloads.ts';

const entry = (actions: readonly string[], before?: object, after?: object, fields: object = {}) =>
  launchdarklyEntry(actions, {
    ...(before && { previousVersion: flagVersion(before) }),
    ...(after && { currentVersion: flagVersion(after) }),
    ...fields,
  });

test('reports a flag that was turned on', () => {
  const { events } = parsedBy(
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
  ['on, by its variations', entry(['updateOn'], off, rolloutTo(25)), ['25 %', exposedAt(25)]],
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
    'off, without its versions',
    entry(['updateOn'], undefined, undefined, { titleVerb: 'turned off the flag' }),
    ['off', rolledBack],
  ],
  [
    'a measured rollout, without its versions',
    entry(['updateFallthroughWithMeasuredRollout', 'updateFallthrough']),
    ['undefined', exposedAt(1)],
  ],
  ['another share, without its versions', entry(['updateFallthrough']), ['undefined']],
  ['archived', entry(['updateGlobalArchived']), ['archived']],
])('reports a flag that is turned or given: %s', (_, payload, [variant, ...moved]) =>
  expect(lines(launchdarkly, payload)).toEqual([`flag_changed checkout ${variant}`, ...moved]),
);

test('the catalogue may name the new variant', () => {
  const catalogue = { ...shop, services: [{ ...service, flagVariants: { 'new-tax-engine': 'false' } }] };
  expect(lines(launchdarkly, entry(['updateOn'], off, rolloutTo(25)), catalogue)).toContain(exposedAt(75));
});

test.each([
  ['a name', entry(['updateName'])],
  ['a project', launchdarklyEntry(['updateOn'], { kind: 'project' })],
])('gives no event for %s', (_, payload) => expect(parsedBy(launchdarkly, payload)).toEqual({ events: [] }));

test.each([
  ['no entry', '{}', /no kind/],
  ['no date', launchdarklyEntry(['updateOn'], { date: 'today' }), /no date/],
  [
    'no flag',
    launchdarklyEntry([], { accesses: [{ action: 'updateOn', resource: 'proj/shop' }] }),
    /no flag/,
  ],
])('is not mapped with %s', (_, payload, message) =>
  expect(() => parsedBy(launchdarkly, payload)).toThrow(message),
);

test('damaged payloads give valid events or are not mapped', () =>
  survivesMangling(
    launchdarkly,
    launchdarklyEntry(['updateOn'], {
      currentVersion: flagVersion(rolloutTo(25)),
      previousVersion: flagVersion(rolloutTo(5)),
    }),
  ));

const example = (path: string) => readFileSync(`examples/${path}`, 'utf8');
const request = (payload: object) => ({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(payload)) });
const context = { catalogue: emptyCatalogue, receivedAt: Date.parse('2026-05-04T09:30:00Z') };

describe('the example of LaunchDarkly', () => {
  const { url, statements } = JSON.parse(example('launchdarkly/webhook.json'));

  test('sends here, with the token in the path', () =>
    expect(new URL(url).pathname).toBe(`/v1/webhooks/${launchdarkly.tool}/WEBHOOK_TOKEN`));

  test.each(statements[0].actions as string[])('subscribes to %s, which gives an event', action =>
    expect(launchdarkly.parse(request(launchdarklyEntry([action])), context).events).toHaveLength(1),
  );
});
