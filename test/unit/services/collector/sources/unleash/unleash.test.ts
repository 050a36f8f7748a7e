import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { emptyCatalogue } from '../../../../../../domain/catalogue/model.ts';
import { Unmappable } from '../../../../../../services/collector/sources/source.ts';
import { unleash } from '../../../../../../services/collector/sources/unleash/unleash.ts';
import {
  exposedAt,
  lines,
  parsedBy,
  rolledBack,
  survivesMangling,
} from '../../../../../support/senders/flag-systems.ts';
import { gradual, unleashEvent } from './payloads.ts';

const updated = (before: object | null, after: object | null) =>
  unleashEvent('feature-strategy-update', { preData: before, data: after });

test('reports a flag that was turned on', () => {
  const common = {
    source: 'unleash/shop',
    time: '2026-05-04T09:03:12.345Z',
    title: 'feature environment enabled in production',
    actor: 'dev@example.com',
    service: 'checkout',
  };
  const id = '1042/2026-05-04T09:03:12.345Z/feature-environment-enabled';
  expect(parsedBy(unleash, unleashEvent('feature-environment-enabled'))).toEqual({
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
  ['another part of the strategy is changed', updated(gradual('25'), gradual('25')), ['25 %']],
  [
    'the strategy serves everybody',
    updated(gradual('25'), { name: 'default', parameters: {} }),
    ['100 %', exposedAt(100)],
  ],
  ['a strategy is added', unleashEvent('feature-strategy-add', { data: gradual('25') }), ['25 %']],
  ['a strategy is removed', unleashEvent('feature-strategy-remove'), ['undefined']],
  ['it is turned off', unleashEvent('feature-environment-disabled'), ['off', rolledBack]],
  ['it is archived', unleashEvent('feature-archived', { environment: null }), ['archived']],
])('reports that %s', (_, payload, [variant, ...moved]) =>
  expect(lines(unleash, payload)).toEqual([`flag_changed checkout ${variant}`, ...moved]),
);

test.each(['feature-tagged', 'feature-stale-on', 'change-request-applied', 'user-created'])(
  'gives no event for %s',
  type => expect(parsedBy(unleash, unleashEvent(type))).toEqual({ events: [] }),
);

test.each([
  ['a body template', '{"text": "dev turned on the flag"}', /leave the body template/],
  ['no JSON', 'dev turned on the flag', /not JSON/],
  ['no flag', unleashEvent('feature-environment-enabled', { featureName: null }), /names no flag/],
  ['no time', unleashEvent('feature-environment-enabled', { createdAt: 'today' }), /no time createdAt/],
])('is not mapped with %s', (_, payload, message) => {
  expect(() => parsedBy(unleash, payload)).toThrow(Unmappable);
  expect(() => parsedBy(unleash, payload)).toThrow(message);
});

test('damaged payloads give valid events or are not mapped', () =>
  survivesMangling(unleash, updated(gradual('5'), gradual('25'))));

const example = (path: string) => readFileSync(`examples/${path}`, 'utf8');
const request = (payload: object) => ({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(payload)) });
const context = { catalogue: emptyCatalogue, receivedAt: Date.parse('2026-05-04T09:30:00Z') };

describe('the example of Unleash', () => {
  const { parameters, events } = JSON.parse(example('unleash/webhook.json'));

  test('sends here, with a token and no body template', () => {
    expect(new URL(parameters.url).pathname).toBe(`/v1/webhooks/${unleash.tool}`);
    expect(parameters.authorization).toMatch(/^Bearer /);
    expect(parameters).not.toHaveProperty('bodyTemplate');
  });

  test.each(events as string[])('subscribes to %s, which gives an event', type =>
    expect(unleash.parse(request(unleashEvent(type)), context).events).toHaveLength(1),
  );
});
