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
import { eventsTold, told } from '../../../../../support/senders/tool-request.ts';
import {
  blueGreen,
  bodyOf,
  next,
  type RolloutSays,
  rolloutObject,
  routed,
  stable,
  tells,
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
const recorded = (events: readonly SentEvent[]) => events.map(event => identify(event, 'argo', now).event);

const saidOn = (trigger: string, says: RolloutSays = {}, options = { catalogue }) =>
  eventsTold(argoRollouts, bodyOf(tells('10:00', trigger, says)), options);

describe.each(stories)('$says', ({ told: messages, history }) => {
  const wanted = eventsIn(history).map(({ event }) => event);
  const merges = wanted.filter(event => event.type === 'change_merged');
  const events = messages.flatMap(each => told(argoRollouts, bodyOf(each), { catalogue }).events);

  test('gives the numbers that native events give', () => {
    expect(answersTo([...merges, ...recorded(events)])).toEqual(answersTo(wanted));
  });

  test('gives them in any order, and each notification twice', () => {
    const all = [...recorded(events), ...merges];
    expect(answersTo([...all.toReversed(), ...all])).toEqual(answersTo(wanted));
  });

  test('names as many rollouts', () => {
    const rolloutsIn = (of: readonly Event[]) =>
      new Set(of.flatMap(event => (event.type === 'change_exposed' ? rolloutOf(event) : [])));
    expect(rolloutsIn(recorded(events)).size).toBe(rolloutsIn(wanted).size);
  });
});

describe('a notification', () => {
  test('says who, where, when and what', () => {
    expect(saidOn('on-traffic-weight-updated', { status: { canary: weighted(0) } })).toEqual([
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

  test('of an abort says why', () => {
    const status = {
      currentStepIndex: 1,
      canary: weighted(25, next, { currentStepAnalysisRunStatus: { name: 'smoke', status: 'Running' } }),
    };
    const runs = [
      { name: 'smoke', phase: 'Failed', message: 'too slow', createdAt: '2026-11-20T09:59:00Z' },
      { name: 'other', phase: 'Successful', createdAt: '2026-11-20T09:58:00Z' },
    ];
    expect(eventsTold(argoRollouts, bodyOf(tells('10:00', 'on-rollout-aborted', { status }, runs)))).toEqual([
      expect.objectContaining({
        type: 'change_rolled_back',
        rollout: 'shop/checkout@2-868d98998a-b350ba76',
        cause: 'automatic',
        reason: 'smoke: too slow',
        weight: 25,
      }),
    ]);
  });

  test('of an abort that has taken place has the time of the abort', () => {
    const status = {
      abort: true,
      abortedAt: '2026-11-20T09:59:30Z',
      message: 'RolloutAborted: Rollout aborted update to revision 2: metric "web" assessed Failed',
    };
    expect(saidOn('on-rollout-aborted', { strategy: unrouted, status })).toEqual([
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
  ])('%s of %j is of no interest', (trigger, says) => expect(saidOn(trigger, says)).toEqual([]));

  test('about an AnalysisRun is of no interest', () => {
    const body = { trigger: 'on-rollout-completed', rollout: { metadata: { name: 'run' }, spec: {} } };
    expect(eventsTold(argoRollouts, body)).toEqual([]);
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
  ])('%# that lacks what it needs is put aside', (body, sentence) => {
    expect(() => told(argoRollouts, body)).toThrow(Unmappable);
    expect(() => told(argoRollouts, body)).toThrow(sentence);
  });

  test('without a time has the time of receipt, and is the same when it is repeated', () => {
    const { sentAt, ...body } = bodyOf(tells('10:00', 'on-rollout-completed'));
    const [event] = told(argoRollouts, body).events;
    expect(event).not.toHaveProperty('time');
    expect(told(argoRollouts, body).events).toEqual([event]);
  });

  test('is another event when it is sent again later', () => {
    const idAt = (at: string) =>
      told(argoRollouts, bodyOf(tells(at, 'on-rollout-completed'))).events.map(({ id }) => id);
    expect(idAt('10:00')).toEqual(idAt('10:00'));
    expect(idAt('10:00')).not.toEqual(idAt('10:01'));
  });
});

describe('the share', () => {
  const shareOf = (weight: number, canary: Record<string, unknown>, replicas = 4) =>
    saidOn('on-rollout-step-completed', {
      replicas,
      strategy: { canary: { steps: [{ setWeight: weight }], ...canary } },
    }).map(event => 'weight' in event && event.weight);

  test('is a part of the largest weight of the router', () => {
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

  test('after the last step is all', () => {
    const [event] = saidOn('on-traffic-weight-updated', {
      status: { canary: weighted(50), currentStepIndex: 4 },
    });
    expect(event).toMatchObject({ weight: 100 });
  });
});

describe('the attempt', () => {
  const rolloutOn = (says: RolloutSays) =>
    saidOn('on-rollout-completed', says).map(event => 'rollout' in event && event.rollout);
  const started = (rolloutStartedAt: string) => rolloutOn({ status: { duration: { rolloutStartedAt } } });

  test('is told by its start, where the controller says it', () => {
    expect(started('2026-11-20T09:00:00Z')).not.toEqual(started('2026-11-20T09:30:00Z'));
  });

  test('is another one in another revision, with other pods, and of a Rollout made anew', () => {
    const names = [{}, { revision: 3 }, { status: { currentPodHash: 'abc' } }].flatMap(rolloutOn);
    expect(new Set(names).size).toBe(3);
  });

  test('that a revert ends is one of two where the revision may be counted up already', () => {
    const status = { currentStepIndex: 1, canary: weighted(25) };
    const names = saidOn('on-skip-steps', { revision: 3, status }).map(event => rolloutOf(event as never));
    expect(names).toEqual(['shop/checkout@2-868d98998a-b350ba76', 'shop/checkout@3-868d98998a-b350ba76']);
  });
});

describe('what it is about', () => {
  const strategy = routed;
  const completed = (says: RolloutSays, options: object = {}) =>
    eventsTold(argoRollouts, bodyOf(tells('10:00', 'on-rollout-completed', { strategy, ...says })), options);

  test('is the change that an annotation names, on the pods before the Rollout', () => {
    expect(completed({ annotations: { 'dora/change': 'c9' } })).toMatchObject([{ change: 'c9' }]);
    expect(
      completed({ annotations: { 'dora/change': 'c9' }, podAnnotations: { 'dora/change': 'c8' } }),
    ).toMatchObject([{ change: 'c8' }]);
  });

  test('is the image as an artifact where no pattern knows it', () => {
    expect(completed({})).toMatchObject([{ artifact: 'ghcr.io/acme/checkout:c2' }]);
  });

  test('is the image of the service, not that of its helper, where a pattern tells', () => {
    const containers = ['envoy:1.30', 'ghcr.io/acme/checkout:c2'].map(image => ({ name: image, image }));
    const rollout = rolloutObject();
    rollout.spec.template.spec.containers = containers as typeof rollout.spec.template.spec.containers;
    const body = { trigger: 'on-rollout-completed', rollout };
    expect(eventsTold(argoRollouts, body, { catalogue })).toMatchObject([{ change: 'c2' }]);
    expect(eventsTold(argoRollouts, body)).toMatchObject([
      { artifact: 'envoy:1.30' },
      { artifact: 'ghcr.io/acme/checkout:c2' },
    ]);
  });

  test('is a service and an environment by catalogue, annotation or address', () => {
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

  test('is reported where the catalogue does not know it', () => {
    const body = bodyOf(tells('10:00', 'on-rollout-completed'));
    expect(told(argoRollouts, body).unknownServices).toEqual(['checkout']);
    expect(told(argoRollouts, body, { catalogue }).unknownServices).toBeUndefined();
  });
});

test('damaged notifications are put aside or give events that are right', () => {
  survivesDamage(
    argoRollouts,
    stories.flatMap(story => story.told.map(bodyOf)),
  );
});
