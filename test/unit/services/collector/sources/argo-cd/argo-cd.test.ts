import { describe, expect, test } from 'vitest';
import type { CatalogueService } from '../../../../../../domain/catalogue/model.ts';
import { identify } from '../../../../../../domain/events/identity.ts';
import { reference } from '../../../../../../domain/reference.ts';
import { argoCd } from '../../../../../../services/collector/sources/argo-cd/argo-cd.ts';
import { Unmappable } from '../../../../../../services/collector/sources/source.ts';
import { eventsIn } from '../../../../../support/scenarios/scenario.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { parsed, parsedEvents } from '../../../../../support/senders/tool-request.ts';
import { type ApplicationFields, applicationBody, revisions } from './payloads.ts';

const checkout: CatalogueService = {
  name: 'checkout',
  aliases: [],
  repositories: ['Acme/Checkout'],
  paths: [],
  artifacts: ['ghcr.io/acme/checkout:{change}'],
  environments: {},
  flags: {},
};
const catalogue = { services: [checkout] };
const eventsOf = (
  fields: ApplicationFields = {},
  options: Parameters<typeof parsedEvents>[2] = { catalogue },
) => parsedEvents(argoCd, applicationBody(fields), options);
const rolloutOn = (fields: ApplicationFields) =>
  eventsOf(fields).map(event => 'rollout' in event && event.rollout);

test('an application that is synced and healthy serves all traffic', () => {
  expect(eventsOf()).toEqual([
    {
      type: 'change_exposed',
      service: 'checkout',
      environment: 'production',
      source: 'argo-cd/argocd/checkout',
      time: '2026-11-20T14:20:31.000Z',
      rollout: 'argocd/checkout@12-6a1f0b5c',
      change: 'c2',
      weight: 100,
      strategy: 'rolling',
    },
  ]);
});

test.each<[string, ApplicationFields]>([
  ['that is degraded', { health: 'Degraded' }],
  ['that is not healthy yet', { health: 'Progressing' }],
  ['whose sync failed', { phase: 'Failed' }],
  ['that is being synced', { phase: 'Running' }],
  ['that was never synced', { phase: null }],
  ['with a Rollout of Argo', { kinds: ['Service', 'Rollout'] }],
  ['with a Canary of Flagger', { kinds: ['Deployment', 'Canary'] }],
])('an application %s gives no event', (_, fields) => expect(eventsOf(fields)).toEqual([]));

test('a service with a controller gives no event', () => {
  const services = [{ ...checkout, controller: 'argo-rollouts' }];
  expect(eventsOf({}, { catalogue: { services } })).toEqual([]);
});

test('two triggers at different times give the same event', () => {
  const later = { ...applicationBody(), sentAt: '2026-11-20T14:21:00.000Z' };
  expect(parsed(argoCd, later).events).toEqual(parsed(argoCd, applicationBody()).events);
});

describe('the time', () => {
  test('is that of health if health follows the sync, else the end of the sync', () => {
    expect(eventsOf({ healthSince: '2026-11-20T14:25:00Z' })).toMatchObject([
      { time: '2026-11-20T14:25:00.000Z' },
    ]);
    expect(eventsOf({ healthSince: '2026-11-01T00:00:00Z' })).toMatchObject([
      { time: '2026-11-20T14:20:05.000Z' },
    ]);
  });
});

describe('the attempt', () => {
  const again = { id: 13, revision: revisions.second };
  const before = [
    { id: 11, revision: revisions.first },
    { id: 12, revision: revisions.second },
  ];

  test('is the same if the same source is synced again, in whole or in part', () => {
    const startedAt = '2026-11-20T15:00:00Z';
    expect(rolloutOn({ history: [...before, again], startedAt })).toEqual(rolloutOn({}));
    expect(rolloutOn({ history: before, startedAt })).toEqual(rolloutOn({}));
  });

  test('is another one if only parameters differ', () => {
    const history = [...before, { ...again, parameters: 'replicas: 3' }];
    expect(rolloutOn({ history })).toEqual(['argocd/checkout@13-6a1f0b5c']);
  });

  test('is the operation if the history does not have its revision', () => {
    expect(rolloutOn({ revision: 'abc' })).toEqual(['argocd/checkout@2026-11-20T14:19:50.000Z-6a1f0b5c']);
    expect(rolloutOn({ revisions: ['abc', 'def'] })).toEqual([
      'argocd/checkout@2026-11-20T14:19:50.000Z-6a1f0b5c',
    ]);
  });

  test('that deploys an older version again is a return', () => {
    const notification: ApplicationFields[] = [
      {
        images: ['ghcr.io/acme/checkout:c1'],
        revision: revisions.first,
        history: before.slice(0, 1),
        healthSince: '2026-11-19T10:00:00Z',
        finishedAt: '2026-11-19T09:59:00Z',
      },
      {},
      {
        images: ['ghcr.io/acme/checkout:c1'],
        revision: revisions.first,
        history: [...before, { id: 13, revision: revisions.first }],
        healthSince: '2026-11-20T15:02:00Z',
      },
    ];
    const events = notification.flatMap(
      fields => parsed(argoCd, applicationBody(fields), { catalogue }).events as readonly never[],
    );
    const native = eventsIn(`
      11-19 10:00 change_exposed rollout=r1 change=c1 strategy=rolling
      11-20 14:20:31 change_exposed rollout=r2 change=c2 strategy=rolling
      11-20 15:02 change_exposed rollout=r3 change=c1 strategy=rolling`);
    const now = Date.parse('2026-11-21T12:00:00Z');
    const question = { now, windowDays: [7], attributionWindowMs: 3_600_000 };
    const answers = reference(
      events.map(event => identify(event, 'argo', now).event),
      question,
    );
    expect(answers).toEqual(
      reference(
        native.map(({ event }) => event),
        question,
      ),
    );
    expect([...answers].filter(([series]) => series.startsWith('dora_rolled_back'))).toContainEqual([
      expect.stringContaining('escaped'),
      1,
    ]);
  });
});

describe('what is exposed', () => {
  const both = ['ghcr.io/acme/checkout:c1', 'ghcr.io/acme/checkout:c2'];

  test('is what the sync applied, not what old pods still run', () => {
    expect(eventsOf({ images: both, appliedImages: both.slice(1) })).toMatchObject([{ change: 'c2' }]);
  });

  test('is every image if nothing says which one is the service’s', () => {
    expect(eventsOf({ images: ['redis:8', 'ghcr.io/acme/checkout:c2'] }, {})).toMatchObject([
      { artifact: 'redis:8' },
      { artifact: 'ghcr.io/acme/checkout:c2' },
    ]);
    expect(eventsOf({ images: [] })).toMatchObject([{ rollout: 'argocd/checkout@12-6a1f0b5c' }]);
  });

  test.each([
    'https://github.com/acme/checkout.git',
    'git@github.com:acme/checkout',
    'ssh://git@h/acme/checkout/',
  ])('is the revision if the manifests are in the service’s own repository, %s', repoURL => {
    expect(eventsOf({ repoURL, images: ['redis:8'] })).toMatchObject([{ change: revisions.second }]);
    expect(eventsOf({ repoURL })).toMatchObject([{ change: 'c2' }]);
  });

  test('is the change in an annotation', () => {
    expect(eventsOf({ annotations: { 'dora/change': 'c9' } })).toMatchObject([{ change: 'c9' }]);
  });
});

test('the environment comes from the namespace, an annotation or the address', () => {
  expect(eventsOf({ namespace: 'staging' })).toMatchObject([{ environment: 'staging' }]);
  const annotations = { 'dora/environment': 'prod-eu', 'dora/service': 'till' };
  expect(eventsOf({ annotations })).toMatchObject([{ environment: 'prod-eu', service: 'till' }]);
  expect(eventsOf({ annotations }, { query: { environment: 'qa' } })).toMatchObject([{ environment: 'qa' }]);
});

test('a notification without a required field cannot be mapped', () => {
  expect(() => parsed(argoCd, { sentAt: '2026-11-20T14:20:32Z' })).toThrow(Unmappable);
  const { app } = applicationBody();
  expect(() => parsed(argoCd, { app: { ...app, uid: undefined } })).toThrow(Unmappable);
  expect(() => eventsOf({ images: Array.from({ length: 101 }, (_, i) => `image:${i}`) })).toThrow(Unmappable);
});

test('damaged notifications give valid events or are not mapped', () => {
  survivesDamage(argoCd, [{}, { phase: 'Failed' }, { revision: 'abc' }].map(applicationBody));
});
