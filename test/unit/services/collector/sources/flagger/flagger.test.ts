import { describe, expect, test } from 'vitest';
import { identify } from '../../../../../../domain/events/identity.ts';
import { reference } from '../../../../../../domain/reference.ts';
import { Refusal } from '../../../../../../services/collector/refusal.ts';
import { flagger } from '../../../../../../services/collector/sources/flagger/flagger.ts';
import { now } from '../../../../../support/histories/histories.ts';
import { eventsIn } from '../../../../../support/scenarios/scenario.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { parsed, parsedEvents, receivedAt } from '../../../../../support/senders/tool-request.ts';
import { type FlaggerFields, flaggerAlert, flaggerEvent, flaggerGate } from './payloads.ts';

const scope = {
  service: 'checkout',
  environment: 'production',
  source: 'flagger/prod/checkout',
  time: '2026-11-20T14:00:00.250Z',
};
const spec = 'flagger:prod/checkout@7c9f5d6b8';
const exposed = { ...scope, type: 'change_exposed', rollout: spec, artifact: spec };
const rolledBack = { ...scope, type: 'change_rolled_back', rollout: spec };
const eventOf = (fields: string | FlaggerFields, options = {}) =>
  parsedEvents(flagger, flaggerEvent(typeof fields === 'string' ? { message: fields } : fields), options);

describe('a message of Flagger', () => {
  test.each<[string, object]>([
    ['Advance checkout.prod canary weight 5', { ...exposed, weight: 5, strategy: 'canary' }],
    ['Advance checkout.prod canary weight 10', { ...exposed, weight: 10, strategy: 'canary' }],
    ['Routing all traffic to canary', { ...exposed, weight: 100, strategy: 'blue_green' }],
    [
      'Stop traffic mirroring and route all traffic to canary',
      { ...exposed, weight: 100, strategy: 'blue_green' },
    ],
    ['Advance checkout.prod primary weight 20', { ...exposed, weight: 100 }],
    ['Routing all traffic to primary', { ...exposed, weight: 100 }],
    ['Promotion completed! Scaling down checkout.prod', { ...exposed, weight: 100 }],
    [
      'Promotion completed! Canary analysis was skipped for checkout.prod',
      { ...exposed, weight: 100, strategy: 'direct' },
    ],
    ['Promotion of checkout.prod failed, primary not ready: deployment stuck', { ...exposed, weight: 100 }],
    ...(
      [
        ['Rolling back checkout.prod failed checks threshold reached 5', 'automatic'],
        ['Rolling back checkout.prod progress deadline exceeded deployment stuck', 'automatic'],
        ['Rolling back checkout.prod manual webhook invoked', 'manual'],
        ['Canary failed! Scaling down checkout.prod', 'automatic'],
      ] as const
    ).map(([reason, cause]): [string, object] => [reason, { ...rolledBack, cause, reason }]),
    // The metadata may already be that of the new version, so the withdrawal has neither change nor artifact.
    [
      'New revision detected! Restarting analysis for checkout.prod',
      { ...scope, type: 'change_exposed', rollout: spec, weight: 0 },
    ],
  ])('%s', (message, event) => expect(eventOf(message)).toEqual([event]));

  test.each([
    'New revision detected! Scaling up checkout.prod',
    'Starting canary analysis for checkout.prod',
    'Halt checkout.prod advancement success rate 91.32% < 99%',
    'Halt checkout.prod advancement waiting for approval gate',
    'Copying checkout.prod template spec to checkout-primary.prod',
    'Advance checkout.prod canary iteration 1/10',
    'deployment checkout.prod get query error: not found',
    `Advance ${'x.'.repeat(100_000)} canary weight x`,
  ])('%.60s is not about traffic', message => expect(eventOf(message)).toEqual([]));

  test('an iteration is an exposure with an unknown share if the metadata name an A/B test', () => {
    const fields = (strategy: string) => ({
      message: 'Advance checkout.prod canary iteration 3/10',
      metadata: { strategy },
    });
    expect(eventOf(fields('A/B'))).toEqual([{ ...exposed, weight: 1, strategy: 'ab_test' }]);
    expect(eventOf(fields('blue/green'))).toEqual([]);
  });

  test('copying is an exposure if the metadata name blue/green', () => {
    const metadata = { strategy: 'Blue-Green' };
    const message = 'Copying checkout.prod template spec to checkout-primary.prod';
    expect(eventOf({ message, metadata })).toEqual([{ ...exposed, weight: 100, strategy: 'blue_green' }]);
  });

  test('the first version is a rollout of its own, because its checksum may be that of any other canary', () => {
    const { artifact, ...named } = exposed;
    const rollout = `flagger:prod/checkout@initial-${Date.parse(scope.time)}`;
    expect(eventOf({ message: 'Initialization done! checkout.prod', phase: 'Initialized' })).toEqual([
      { ...named, rollout, weight: 100, strategy: 'direct' },
    ]);
  });
});

describe('metadata', () => {
  const message = 'Advance checkout.prod canary weight 5';
  const { artifact, ...unnamed } = { ...exposed, weight: 5, strategy: 'canary' };

  test('name service, environment, change and rollout', () => {
    const metadata = { service: 'shop', environment: 'prod-eu', change: '4f1c2ab', rollout: 'checkout-17' };
    expect(eventOf({ message, metadata })).toEqual([
      { ...unnamed, service: 'shop', environment: 'prod-eu', change: '4f1c2ab', rollout: 'checkout-17' },
    ]);
  });

  test('may name an image: a change by a pattern of the catalogue, else an artifact', () => {
    const metadata = { image: 'ghcr.io/acme/checkout:4f1c2ab' };
    const checkout = {
      name: 'shop',
      aliases: ['prod/checkout'],
      repositories: [],
      paths: [],
      artifacts: ['ghcr.io/acme/checkout:{change}'],
      environments: { prod: 'europe' },
      flags: {},
    };
    expect(eventOf({ message, metadata })).toEqual([{ ...unnamed, artifact: metadata.image }]);
    expect(eventOf({ message, metadata }, { catalogue: { services: [checkout] } })).toEqual([
      { ...unnamed, service: 'shop', environment: 'europe', change: '4f1c2ab' },
    ]);
  });

  test('are overridden by service and environment of the address', () => {
    const options = { query: { service: 'shop', environment: 'staging' } };
    expect(eventOf(message, options)).toMatchObject([{ service: 'shop', environment: 'staging' }]);
  });

  test('may lack an environment: then it is the namespace if that is a usual name, else production', () => {
    const from = (namespace: string) => parsedEvents(flagger, { ...flaggerEvent({ message }), namespace });
    expect(from('shop')).toMatchObject([{ environment: 'production' }]);
    expect(from('staging')).toMatchObject([{ environment: 'staging' }]);
  });

  test('may name a service that the catalogue does not know, which is reported', () => {
    expect(parsed(flagger, flaggerEvent({ message })).unknownServices).toEqual(['checkout']);
  });
});

describe('only an event gets an answer of success', () => {
  test.each([
    ['a rollback gate', flaggerGate('Progressing')],
    ['a gate to confirm a promotion', flaggerGate('WaitingPromotion')],
    ['a hook after a rollout', flaggerGate('Failed')],
    ['a gate without metadata', { ...flaggerGate('Progressing'), metadata: undefined }],
    [
      'an event with half of its fields',
      flaggerGate('Progressing', { eventMessage: 'x', eventType: 'Normal' }),
    ],
    ['an alert of a provider', flaggerAlert],
    ['no JSON', 'phase=Progressing'],
    ['nothing', ''],
  ])('%s is refused', (_, payload) => {
    const refused = expect(() => parsed(flagger, payload));
    refused.toThrow(Refusal);
    refused.toThrow(
      expect.objectContaining({ status: 400, message: expect.stringContaining('type event only') }),
    );
  });
});

test('a repeated delivery is the same event, the next step another one', () => {
  const id = (fields: FlaggerFields) => parsed(flagger, flaggerEvent(fields)).events[0]?.id;
  const five = { message: 'Advance checkout.prod canary weight 5' };
  const ten = { message: 'Advance checkout.prod canary weight 10' };
  expect(id(five)).toBe(id(five));
  expect(id(five)).not.toBe(id(ten));
});

/** The numbers of Flagger's events, given as lines of date, time, checksum, `change/rollout` and message. */
function numbersOf(story: string) {
  const events = linesOf(story).flatMap(line => {
    const [date, time, checksum = '', named = '', ...words] = line.split(/\s+/);
    const [change = '', rollout = ''] = named.split('/');
    const metadata = { service: 'checkout', ...(change && { change }), ...(rollout && { rollout }) };
    const at = `2026-${date}T${time}:00Z`;
    return parsed(flagger, flaggerEvent({ message: words.join(' '), checksum, time: at, metadata })).events;
  });
  return numbers(events.map(event => identify(event, 'flagger', receivedAt).event));
}

const native = (history: string) => numbers(eventsIn(history).map(({ event }) => event));
const numbers = (events: Parameters<typeof reference>[0]) =>
  Object.fromEntries(reference(events, { now, windowDays: [7], attributionWindowMs: 3_600_000 }));
const linesOf = (text: string) =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');

describe('a whole story gives the same numbers as native events', () => {
  const before = `
    05-18 10:00 aaa c0/ New revision detected! Scaling up checkout.prod
    05-18 10:01 bbb c0/ Promotion completed! Canary analysis was skipped for checkout.prod`;
  const beforeNative = '05-18 10:01 change_exposed rollout=r0 change=c0 strategy=direct';

  test('a canary that succeeds', () => {
    const story = `
      05-19 10:00 bbb c1/ New revision detected! Scaling up checkout.prod
      05-19 10:01 ccc c1/ Starting canary analysis for checkout.prod
      05-19 10:02 ccc c1/ Advance checkout.prod canary weight 25
      05-19 10:03 ccc c1/ Halt checkout.prod advancement success rate 98% < 99%
      05-19 10:04 ccc c1/ Advance checkout.prod canary weight 50
      05-19 10:05 ccc c1/ Copying checkout.prod template spec to checkout-primary.prod
      05-19 10:06 ccc c1/ Routing all traffic to primary
      05-19 10:07 ccc c1/ Promotion completed! Scaling down checkout.prod`;
    expect(numbersOf(before + story)).toEqual(
      native(`
        ${beforeNative}
        05-19 10:02 change_exposed rollout=r1 change=c1 weight=25 strategy=canary
        05-19 10:04 change_exposed rollout=r1 change=c1 weight=50 strategy=canary
        05-19 10:06 change_exposed rollout=r1 change=c1 weight=100`),
    );
  });

  const aborted = (cause: string) => `
      05-19 10:00 bbb c1/ New revision detected! Scaling up checkout.prod
      05-19 10:02 ccc c1/ Advance checkout.prod canary weight 25
      05-19 10:12 ccc c1/ Rolling back checkout.prod ${cause}
      05-19 10:12 ccc c1/ Canary failed! Scaling down checkout.prod`;
  const abortedNative = `
      05-19 10:02 change_exposed rollout=r1 change=c1 weight=25 strategy=canary
      05-19 10:12 change_rolled_back rollout=r1 cause=automatic`;

  test.each(['failed checks threshold reached 5', 'manual webhook invoked'])(
    'an abort at 25 %% for %s',
    cause => {
      const got = numbersOf(before + aborted(cause));
      expect(got).toEqual(native(beforeNative + abortedNative));
      expect(Object.values(got)).toContain(150); // a quarter of ten minutes
    },
  );

  test('an abort before any traffic is no failure', () => {
    const story = `
      05-19 10:00 bbb c1/ New revision detected! Scaling up checkout.prod
      05-19 10:10 ccc c1/ Rolling back checkout.prod progress deadline exceeded deployment stuck
      05-19 10:10 ccc c1/ Canary failed! Scaling down checkout.prod`;
    expect(numbersOf(before + story)).toEqual(
      native(`${beforeNative}
        05-19 10:10 change_rolled_back rollout=r1`),
    );
  });

  const retried = (first: string, second: string) =>
    `${aborted('failed checks threshold reached 5').replaceAll('c1/', `c1/${first}`)}
      05-19 11:02 ccc c1/${second} Advance checkout.prod canary weight 25
      05-19 11:06 ccc c1/${second} Routing all traffic to primary`;

  test('a retry of the same spec is a rollout of its own if the metadata name it', () => {
    expect(numbersOf(before + retried('r1', 'r2'))).toEqual(
      native(`${beforeNative}${abortedNative}
        05-19 11:02 change_exposed rollout=r2 change=c1 weight=25 strategy=canary
        05-19 11:06 change_exposed rollout=r2 change=c1`),
    );
  });

  test('a retry of the same spec continues the first attempt if the metadata do not name it', () => {
    expect(numbersOf(before + retried('', ''))).toEqual(
      native(`${beforeNative}${abortedNative}
        05-19 11:02 change_exposed rollout=r1 change=c1 weight=25 strategy=canary
        05-19 11:06 change_exposed rollout=r1 change=c1`),
    );
  });

  test.each([
    ['c0', 'c1'],
    ['', ''],
  ])('a return to an older version is found if the metadata name the rollouts (%s)', (old, newer) => {
    const got = numbersOf(`
      05-19 10:00 bbb ${old}/r0 Routing all traffic to primary
      05-19 11:00 ccc ${newer}/r1 Routing all traffic to primary
      05-19 12:00 bbb ${old}/r2 Advance checkout.prod canary weight 25`);
    expect(got).toEqual(
      native(`
        05-19 10:00 change_exposed rollout=r0 change=c0
        05-19 11:00 change_exposed rollout=r1 change=c1
        05-19 12:00 change_exposed rollout=r2 change=c0 weight=25`),
    );
    expect(Object.entries(got)).toContainEqual([
      expect.stringMatching(/^dora_rolled_back_changes.*escaped/),
      1,
    ]);
  });

  test('a version that another one replaces during its analysis is not rolled back', () => {
    const story = `
      05-19 10:02 ccc c1/ Advance checkout.prod canary weight 25
      05-19 10:03 ccc c2/ New revision detected! Restarting analysis for checkout.prod
      05-19 10:05 ddd c2/ Advance checkout.prod canary weight 25`;
    expect(numbersOf(before + story)).toEqual(
      native(`${beforeNative}
        05-19 10:02 change_exposed rollout=r1 change=c1 weight=25
        05-19 10:03 change_exposed rollout=r1 weight=0
        05-19 10:05 change_exposed rollout=r2 change=c2 weight=25`),
    );
  });

  test('a promotion that fails leaves all traffic on the new version', () => {
    const story = `
      05-19 10:02 ccc c1/ Advance checkout.prod canary weight 50
      05-19 10:05 ccc c1/ Copying checkout.prod template spec to checkout-primary.prod
      05-19 10:15 ccc c1/ Promotion of checkout.prod failed, primary not ready: deployment stuck`;
    expect(numbersOf(before + story)).toEqual(
      native(`${beforeNative}
        05-19 10:02 change_exposed rollout=r1 change=c1 weight=50
        05-19 10:15 change_exposed rollout=r1 change=c1`),
    );
  });
});

test('damaged payloads give valid events or are not mapped', () => {
  survivesDamage(flagger, [
    flaggerEvent({
      message: 'Advance checkout.prod canary weight 5',
      metadata: { service: 'shop', environment: 'prod', strategy: 'canary', change: 'c1', rollout: 'r1' },
    }),
    flaggerEvent({ message: 'Canary failed! Scaling down checkout.prod', metadata: { image: 'shop:1' } }),
    flaggerEvent({ message: 'Initialization done! checkout.prod' }),
    flaggerGate('Progressing'),
    flaggerAlert,
  ]);
});
