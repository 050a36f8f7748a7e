import { describe, expect, test } from 'vitest';
import type { CatalogueService } from '../../../../../../domain/catalogue/model.ts';
import { type Event, rolloutOf, type SentEvent } from '../../../../../../domain/events/event.ts';
import { identify } from '../../../../../../domain/events/identity.ts';
import { reference } from '../../../../../../domain/reference.ts';
import { argoRollouts } from '../../../../../../services/collector/sources/argo-rollouts/argo-rollouts.ts';
import { Unmappable } from '../../../../../../services/collector/sources/source.ts';
import { eventsIn } from '../../../../../support/scenarios/scenario.ts';
import { stories } from '../../../../../support/senders/argo-stories.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { parsed, parsedEvents } from '../../../../../support/senders/tool-request.ts';
import {
  blueGreen,
  bodyOf,
  next,
  notification,
  type RolloutFields,
  rolloutObject,
  routed,
  stable,
  unrouted,
  weighted,
} from './payloads.ts';

const checkout: CatalogueService = {
  name: 'checkout',
  aliases: [],
  repositories: [],
  paths: [],
  artifacts: ['ghcr.io/acme/checkout:{change}'],
  environments: {},
  flags: {},
};
const catalogue = { services: [checkout] };

const now = Date.parse('2026-11-21T12:00:00Z');
const answersTo = (events: readonly Event[]) =>
  Object.fromEntries(reference(events, { now, windowDays: [7], attributionWindowMs: 3_600_000 }));
const identified = (events: readonly SentEvent[]) => events.map(event => identify(event, 'argo', now).event);

const eventsOn = (trigger: string, fields: RolloutFields = {}, options = { catalogue }) =>
  parsedEvents(argoRollouts, bodyOf(notification('10:00', trigger, fields)), options);

describe.each(stories)('$title', ({ notifications, history }) => {
  const native = eventsIn(history).map(({ event }) => event);
  const merges = native.filter(event => event.type === 'change_merged');
  const events = notifications.flatMap(each => parsed(argoRollouts, bodyOf(each), { catalogue }).events);

  test('gives the same numbers as native events', () => {
    expect(answersTo([...merges, ...identified(events)])).toEqual(answersTo(native));
  });

  test('gives the same numbers in any order, and with repeated notifications', () => {
    const all = [...identified(events), ...merges];
    expect(answersTo([...all.toReversed(), ...all])).toEqual(answersTo(native));
  });

  test('gives as many rollouts', () => {
    const rolloutsIn = (of: readonly Event[]) =>
      new Set(of.flatMap(event => (event.type === 'change_exposed' ? rolloutOf(event) : [])));
    expect(rolloutsIn(identified(events)).size).toBe(rolloutsIn(native).size);
  });
});

describe('a notification', () => {
  test('gives an event with its source, service, environment, time and change', () => {
    expect(eventsOn('on-traffic-weight-updated', { status: { canary: weighted(0) } })).toEqual([
      {
        type: 'change_exposed',
        service: 'checkout',
        environment: 'production',
        source: 'argo-rollouts/shop/checkout',
        time: '2026-11-20T10:00:00.000Z',
        rollout: 'shop/checkout@2-868d98998a-b350ba76',
        change: 'c2',
        weight: 25,
        strategy: 'canary',
      },
    ]);
  });

  test('of an abort has the reason', () => {
    const status = {
      currentStepIndex: 1,
      canary: weighted(25, next, { currentStepAnalysisRunStatus: { name: 'smoke', status: 'Running' } }),
    };
    const runs = [
      { name: 'smoke', phase: 'Failed', message: 'too slow', createdAt: '2026-11-20T09:59:00Z' },
      { name: 'other', phase: 'Successful', createdAt: '2026-11-20T09:58:00Z' },
    ];
    expect(
      parsedEvents(argoRollouts, bodyOf(notification('10:00', 'on-rollout-aborted', { status }, runs))),
    ).toEqual([
      expect.objectContaining({
        type: 'change_rolled_back',
        rollout: 'shop/checkout@2-868d98998a-b350ba76',
        cause: 'automatic',
        reason: 'smoke: too slow',
        weight: 25,
      }),
    ]);
  });

  test('of an abort that is in the status has the time of the abort', () => {
    const status = {
      abort: true,
      abortedAt: '2026-11-20T09:59:30Z',
      message: 'RolloutAborted: Rollout aborted update to revision 2: metric "web" assessed Failed',
    };
    expect(eventsOn('on-rollout-aborted', { strategy: unrouted, status })).toEqual([
      expect.objectContaining({
        time: '2026-11-20T09:59:30.000Z',
        cause: 'automatic',
        reason: 'metric "web" assessed Failed',
      }),
    ]);
  });

  test.each([
    ['on-rollout-updated', {}],
    ['on-rollout-paused', { status: { canary: weighted(25) } }],
    ['on-rollout-resumed', {}],
    ['on-analysis-run-failed', {}],
    ['on-scaling-replica-set', {}],
    ['on-rollout-step-completed', { status: { currentStepIndex: 1 } }],
    ['on-rollout-step-completed', { status: { stableRS: '' } }],
    ['on-rollout-step-completed', { strategy: { canary: { steps: [{ setWeight: 0 }] } } }],
    ['on-rollout-step-completed', { strategy: { canary: { steps: [{ setHeaderRoute: { name: 'qa' } }] } } }],
    ['on-traffic-weight-updated', { status: { canary: weighted(25) } }],
    ['on-traffic-weight-updated', { status: { canary: {} } }],
    ['on-traffic-weight-updated', { status: { promoteFull: true, canary: weighted(0) } }],
    ['on-skip-steps', { status: { currentPodHash: stable } }],
    ['on-switch-service', { status: { canary: weighted(0) } }],
    ['on-switch-service', { strategy: blueGreen, status: { blueGreen: { activeSelector: stable } } }],
  ])('%s of %j gives no event', (trigger, fields) => expect(eventsOn(trigger, fields)).toEqual([]));

  test('about an AnalysisRun gives no event', () => {
    const body = { trigger: 'on-rollout-completed', rollout: { metadata: { name: 'run' }, spec: {} } };
    expect(parsedEvents(argoRollouts, body)).toEqual([]);
  });

  test.each([
    [{ rollout: rolloutObject() }, 'The notification has no trigger or no rollout'],
    [{ trigger: 'on-rollout-completed' }, 'The notification has no trigger or no rollout'],
    [
      {
        trigger: 'on-rollout-completed',
        rollout: { ...rolloutObject(), metadata: { name: 'a', namespace: 'b', uid: 'c' } },
      },
      'The notification has no annotation rollout.argoproj.io/revision',
    ],
  ])('%# without a required field cannot be mapped', (body, sentence) => {
    expect(() => parsed(argoRollouts, body)).toThrow(Unmappable);
    expect(() => parsed(argoRollouts, body)).toThrow(sentence);
  });

  test('without a time has the time of receipt, and is the same event if it is repeated', () => {
    const { sentAt, ...body } = bodyOf(notification('10:00', 'on-rollout-completed'));
    const [event] = parsed(argoRollouts, body).events;
    expect(event).not.toHaveProperty('time');
    expect(parsed(argoRollouts, body).events).toEqual([event]);
  });

  test('is another event if it is sent again later', () => {
    const idAt = (at: string) =>
      parsed(argoRollouts, bodyOf(notification(at, 'on-rollout-completed'))).events.map(({ id }) => id);
    expect(idAt('10:00')).toEqual(idAt('10:00'));
    expect(idAt('10:00')).not.toEqual(idAt('10:01'));
  });
});

describe('the share', () => {
  const shareOf = (weight: number, canary: Record<string, unknown>, replicas = 4) =>
    eventsOn('on-rollout-step-completed', {
      replicas,
      strategy: { canary: { steps: [{ setWeight: weight }], ...canary } },
    }).map(event => 'weight' in event && event.weight);

  test('is relative to the maximum weight of the router', () => {
    expect(shareOf(50, { trafficRouting: { maxTrafficWeight: 1000 } })).toEqual([5]);
    expect(shareOf(1, { trafficRouting: { maxTrafficWeight: 3000 } })).toEqual([0.033]);
    expect(shareOf(2000, { trafficRouting: { maxTrafficWeight: 1000 } })).toEqual([100]);
  });

  test.each([
    [10, 4, 0, 25],
    [10, 4, '25%', 20],
    [50, 3, 0, 66.667],
    [20, 5, undefined, 20],
    [20, 1, undefined, 50],
    [95, 4, 0, 75],
    [100, 4, 0, 100],
  ])('of %i %% of %i pods with a surge of %s is %d %%', (weight, replicas, maxSurge, share) => {
    expect(shareOf(weight, { maxSurge }, replicas)).toEqual([share]);
  });

  test('after the last step is all traffic', () => {
    const [event] = eventsOn('on-traffic-weight-updated', {
      status: { canary: weighted(50), currentStepIndex: 4 },
    });
    expect(event).toMatchObject({ weight: 100 });
  });
});

describe('the attempt', () => {
  const rolloutOn = (fields: RolloutFields) =>
    eventsOn('on-rollout-completed', fields).map(event => 'rollout' in event && event.rollout);
  const started = (rolloutStartedAt: string) => rolloutOn({ status: { duration: { rolloutStartedAt } } });

  test('is identified by its start, if the controller reports it', () => {
    expect(started('2026-11-20T09:00:00Z')).not.toEqual(started('2026-11-20T09:30:00Z'));
  });

  test('is another one for another revision, for other pods, and for a Rollout that was created again', () => {
    const names = [{}, { revision: 3 }, { status: { currentPodHash: 'abc' } }].flatMap(rolloutOn);
    expect(new Set(names).size).toBe(3);
  });

  test('that a revert ends is one of two, if the revision may be incremented already', () => {
    const status = { currentStepIndex: 1, canary: weighted(25) };
    const names = eventsOn('on-skip-steps', { revision: 3, status }).map(event => rolloutOf(event as never));
    expect(names).toEqual(['shop/checkout@2-868d98998a-b350ba76', 'shop/checkout@3-868d98998a-b350ba76']);
  });
});

describe('what is exposed', () => {
  const strategy = routed;
  const completed = (fields: RolloutFields, options: object = {}) =>
    parsedEvents(
      argoRollouts,
      bodyOf(notification('10:00', 'on-rollout-completed', { strategy, ...fields })),
      options,
    );

  test('is the change in an annotation; the annotation of the pods precedes that of the Rollout', () => {
    expect(completed({ annotations: { 'dora/change': 'c9' } })).toMatchObject([{ change: 'c9' }]);
    expect(
      completed({ annotations: { 'dora/change': 'c9' }, podAnnotations: { 'dora/change': 'c8' } }),
    ).toMatchObject([{ change: 'c8' }]);
  });

  test('is the image as an artifact if no pattern matches it', () => {
    expect(completed({})).toMatchObject([{ artifact: 'ghcr.io/acme/checkout:c2' }]);
  });

  test('is the image of the service, not that of a sidecar, if a pattern matches it', () => {
    const containers = ['envoy:1.30', 'ghcr.io/acme/checkout:c2'].map(image => ({ name: image, image }));
    const rollout = rolloutObject();
    rollout.spec.template.spec.containers = containers as typeof rollout.spec.template.spec.containers;
    const body = { trigger: 'on-rollout-completed', rollout };
    expect(parsedEvents(argoRollouts, body, { catalogue })).toMatchObject([{ change: 'c2' }]);
    expect(parsedEvents(argoRollouts, body)).toMatchObject([
      { artifact: 'envoy:1.30' },
      { artifact: 'ghcr.io/acme/checkout:c2' },
    ]);
  });

  test('has its service and environment from the catalogue, an annotation or the address', () => {
    const services = [{ ...checkout, name: 'till', aliases: ['shop/checkout'] }];
    expect(completed({}, { catalogue: { services, environments: { shop: 'eu' } } })).toMatchObject([
      { service: 'till', environment: 'eu' },
    ]);
    const annotations = { 'dora/service': 'cart', 'dora/environment': 'prod' };
    expect(completed({ annotations })).toMatchObject([{ service: 'cart', environment: 'production' }]);
    const query = { service: 'kiosk', environment: 'staging' };
    expect(completed({ annotations }, { query })).toMatchObject([
      { service: 'kiosk', environment: 'staging' },
    ]);
  });

  test('has a service that is reported if the catalogue does not know it', () => {
    const body = bodyOf(notification('10:00', 'on-rollout-completed'));
    expect(parsed(argoRollouts, body).unknownServices).toEqual(['checkout']);
    expect(parsed(argoRollouts, body, { catalogue }).unknownServices).toBeUndefined();
  });
});

test('damaged notifications give valid events or are not mapped', () => {
  survivesDamage(
    argoRollouts,
    stories.flatMap(story => story.notifications.map(bodyOf)),
  );
});
