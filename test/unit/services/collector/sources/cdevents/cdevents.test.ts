import { describe, expect, test } from 'vitest';
import type { CatalogueService } from '../../../../../../domain/catalogue/model.ts';
import { identify } from '../../../../../../domain/events/identity.ts';
import { reference } from '../../../../../../domain/reference.ts';
import { cdevents } from '../../../../../../services/collector/sources/cdevents/cdevents.ts';
import { artifactNames } from '../../../../../../services/collector/sources/cdevents/purl.ts';
import { Unmappable } from '../../../../../../services/collector/sources/source.ts';
import { now } from '../../../../../support/histories/histories.ts';
import { eventsIn } from '../../../../../support/scenarios/scenario.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { parsed } from '../../../../../support/senders/tool-request.ts';
import {
  type CdEventFields,
  cdEvent,
  changeCreated,
  changeMerged,
  deployed,
  detected,
  digest,
  irrelevant,
  packaged,
  production,
  purl,
  reported,
  resolved,
  rolledBack,
  upgraded,
} from './payloads.ts';

const head = {
  id: 'b3a1c7de',
  source: '/ci/acme',
  time: '2026-11-20T09:30:00.250Z',
  service: 'checkout',
};
const artifact = `pkg:oci/checkout@${digest}`;
const exposed = { ...head, type: 'change_exposed', environment: 'production', change: artifact };
const incident = { ...head, environment: 'production', incident: 'incident-7' };
const reason = 'Answers take longer than 300 ms';

type Options = Parameters<typeof parsed>[2];
const eventsOf = (fields: CdEventFields, options: Options = {}) =>
  parsed(cdevents, cdEvent(fields), options).events;
const withContent = (fields: CdEventFields, content: object) => ({
  ...fields,
  content: { ...fields.content, ...content },
});

function serviceEntry(of: Partial<CatalogueService> & { name: string }): CatalogueService {
  const lists = { aliases: [], repositories: [], paths: [], artifacts: [], environments: {}, flags: {} };
  return { ...lists, ...of };
}

describe.each(['0.3.0', '0.4.1', '0.5.1'] as const)('CDEvents %s', version => {
  test.each<[string, CdEventFields, object]>([
    [
      'a created change',
      changeCreated,
      { ...head, type: 'change_created', change: '3f2a91c', title: 'Round the total up' },
    ],
    ['a merged change', changeMerged, { ...head, type: 'change_merged', change: '3f2a91c' }],
    [
      'a packaged artifact',
      packaged,
      { ...head, type: 'change_merged', change: '3f2a91c', artifact: [artifact] },
    ],
    ['a deployed service', deployed, { ...exposed, rollout: 'b3a1c7de' }],
    ['an upgraded service', upgraded, { ...exposed, rollout: 'b3a1c7de' }],
    ['a service rolled back to this version', rolledBack, { ...exposed, rollout: 'b3a1c7de' }],
    ['a detected incident', detected, { ...incident, type: 'incident_detected', change: artifact, reason }],
    [
      'a reported incident',
      reported,
      {
        ...incident,
        type: 'incident_detected',
        change: artifact,
        reason,
        severity: 'medium',
        url: 'https://tickets.acme/7',
      },
    ],
    [
      'a resolved incident, whose artifact may be the repaired one',
      resolved,
      { ...incident, type: 'incident_resolved', reason },
    ],
  ])('%s', (_, fields, event) => {
    expect(eventsOf({ ...fields, version })).toEqual([event]);
  });

  test.each(irrelevant)('%s gives no event', type => {
    expect(eventsOf({ type, version, content: production })).toEqual([]);
  });
});

describe('the webhook', () => {
  test('accepts bare CDEvents, CloudEvents and arrays', () => {
    const bare = cdEvent(deployed);
    const wrapped = { specversion: '1.0', id: 'x', source: '/x', type: bare.context.type, data: bare };
    const alone = parsed(cdevents, bare);
    expect(parsed(cdevents, wrapped)).toEqual(alone);
    const pair = parsed(cdevents, [bare, wrapped, cdEvent({ type: 'build.started' })]);
    expect(pair.events).toEqual([...alone.events, ...alone.events]);
    expect(pair.unknownServices).toEqual(['checkout']);
  });

  test('accepts custom events and ignores them', () => {
    const custom = { context: { type: 'dev.cdeventsx.mytool-service.deployed.0.1.0' }, subject: {} };
    expect(parsed(cdevents, custom)).toEqual({ events: [] });
  });

  test('gives the same event for a repeated delivery', () => {
    expect(eventsOf(packaged)).toEqual(eventsOf(packaged));
  });
});

describe('a CDEvent that cannot be mapped is an error', () => {
  test.each<[string, unknown, string]>([
    ['no CDEvent', { type: 'change_exposed' }, 'It is no CDEvent'],
    ['nothing', 'null', 'It is no CDEvent'],
    ['no JSON', '{', 'The body is not JSON'],
    ['no id', cdEvent({ ...deployed, id: '' }), 'context.id'],
    ['no time', cdEvent({ ...deployed, time: 'yesterday' }), 'context.timestamp'],
    ['no version', cdEvent({ ...deployed, content: production }), 'artifactId'],
    ['no environment', cdEvent({ ...deployed, content: { artifactId: purl } }), 'environment'],
    ['no change', cdEvent({ ...packaged, content: {} }), 'change.id'],
    ['no repository', cdEvent({ ...changeMerged, content: {} }), 'customData.service'],
    [
      'an incident without a service',
      cdEvent({ ...detected, content: { environment: { id: 'production' } } }),
      'It names no service',
    ],
    ['an invalid weight', cdEvent({ ...upgraded, custom: { weight: '5 kg' } }), 'customData.weight'],
    ['a weight above 100', cdEvent({ ...upgraded, custom: { weight: 101 } }), 'customData.weight'],
    ['an artifact too long', cdEvent(withContent(deployed, { artifactId: 'x'.repeat(501) })), 'The artifact'],
  ])('%s', (_, body, fields) => {
    expect(() => parsed(cdevents, body)).toThrow(Unmappable);
    expect(() => parsed(cdevents, body)).toThrow(fields);
  });
});

describe('what customData adds', () => {
  test('share, strategy, rollout, changes, rework and drill', () => {
    const custom = {
      weight: 25,
      strategy: 'Blue-Green',
      rollout: 'checkout-17',
      change: '3f2a91c',
      changes: ['7b1', 8],
      rework: true,
      drill: true,
    };
    expect(eventsOf({ ...upgraded, custom })).toEqual([
      {
        ...exposed,
        change: '3f2a91c',
        changes: ['7b1'],
        rollout: 'checkout-17',
        weight: 25,
        strategy: 'blue_green',
        rework: true,
        drill: true,
      },
    ]);
  });

  test('only steps of one chain and version are one rollout', () => {
    const rolloutOf = (fields: Partial<CdEventFields>) => {
      const [event] = eventsOf({ ...upgraded, ...fields });
      return event?.type === 'change_exposed' ? event.rollout : undefined;
    };
    const chain = { chainId: 'chain-1' };
    const first = rolloutOf({ ...chain, id: '1', custom: { weight: 5 } });
    expect(rolloutOf({ ...chain, id: '2', custom: { weight: '100' } })).toBe(first);
    const other = withContent(upgraded, { artifactId: 'pkg:oci/checkout@2.0' }).content;
    expect(rolloutOf({ ...chain, id: '3', custom: { weight: 5 }, content: other })).not.toBe(first);
    expect(rolloutOf({ chainId: 'chain-2', id: '4', custom: { weight: 5 } })).not.toBe(first);
    expect(rolloutOf({ ...chain, id: '5' })).toBe('5');
    expect(rolloutOf({ id: '6', custom: { weight: 5 } })).toBe('6');
  });

  test('a rollback is a rollout of its own with all traffic, also if it has a weight', () => {
    const custom = { weight: 5, rollout: 'checkout-17' };
    expect(eventsOf({ ...rolledBack, chainId: 'chain-1', custom })).toEqual([
      { ...exposed, rollout: 'b3a1c7de' },
    ]);
  });

  test('the merge time of a packaged change, or that it is not merged', () => {
    const mergedAt = '2026-11-20T08:00:00+01:00';
    expect(eventsOf({ ...packaged, custom: { mergedAt } })).toMatchObject([
      { time: '2026-11-20T07:00:00.000Z' },
    ]);
    expect(eventsOf({ ...packaged, custom: { merged: false } })).toEqual([]);
    expect(() => eventsOf({ ...packaged, custom: { mergedAt: 'soon' } })).toThrow(Unmappable);
  });

  test('the change of a published artifact', () => {
    const custom = { change: '3f2a91c' };
    expect(eventsOf({ type: 'artifact.published', subject: purl, custom })).toEqual([
      { ...head, type: 'change_merged', change: '3f2a91c', artifact: [artifact] },
    ]);
  });

  test('nothing if it is no JSON', () => {
    expect(eventsOf({ ...deployed, custom: 'PGEvPg==' })).toEqual(eventsOf(deployed));
  });
});

describe('names', () => {
  test.each<[string, object]>([
    [purl, { name: artifact, image: null, tagged: null }],
    [
      `pkg:OCI/checkout@sha256%3a${digest.slice(7)}?repository_url=ghcr.io/acme/checkout&tag=3f2a91c&arch=amd64`,
      {
        name: artifact,
        image: `ghcr.io/acme/checkout@${digest}`,
        tagged: 'ghcr.io/acme/checkout:3f2a91c',
        packageName: 'checkout',
      },
    ],
    [
      'pkg:docker/acme/checkout@1.4.2?repository_url=registry.acme.dev:5000',
      { name: 'pkg:docker/acme/checkout@1.4.2', image: 'registry.acme.dev:5000/acme/checkout:1.4.2' },
    ],
    ['pkg:npm/%40acme/web@1.4.2#dist', { name: 'pkg:npm/@acme/web@1.4.2', packageName: 'web', image: null }],
    ['pkg:generic/web', { name: 'pkg:generic/web', packageName: 'web' }],
    ['pkg:generic/100%/web@1', { name: 'pkg:generic/100%/web@1' }],
    ['ghcr.io/acme/checkout:3f2a91c', { name: 'ghcr.io/acme/checkout:3f2a91c', packageName: null }],
  ])('the artifact %s', (id, names) => expect(artifactNames(id)).toMatchObject(names));

  const full = `${purl}?repository_url=ghcr.io/acme/checkout&tag=3f2a91c`;

  test('a packaged image has several names, and an exposure may use two of them', () => {
    expect(eventsOf({ ...packaged, subject: full })).toMatchObject([
      { artifact: [artifact, `ghcr.io/acme/checkout@${digest}`, 'ghcr.io/acme/checkout:3f2a91c'] },
    ]);
    expect(eventsOf(withContent(deployed, { artifactId: full }))).toMatchObject([
      { change: artifact, artifact: `ghcr.io/acme/checkout@${digest}` },
    ]);
  });

  test('a pattern of the catalogue finds the change and the service', () => {
    const shop = serviceEntry({
      name: 'shop',
      artifacts: ['ghcr.io/acme/checkout:{change}'],
      environments: { eu: 'production' },
    });
    const content = { artifactId: full, environment: { id: 'eu' } };
    const { events, unknownServices } = parsed(cdevents, cdEvent(withContent(deployed, content)), {
      catalogue: { services: [shop] },
    });
    expect(events).toEqual([{ ...exposed, service: 'shop', change: '3f2a91c', rollout: 'b3a1c7de' }]);
    expect(unknownServices).toBeUndefined();
  });

  test.each<[string, object]>([
    ['owner and name', { id: 'Acme/Checkout' }],
    ['an address', { id: 'https://github.com/acme/checkout.git' }],
    ['a name at an owner', { id: 'checkout', source: 'https://github.com/acme' }],
    ['an address without a scheme', { id: '7', source: 'github.acme.dev/acme/checkout/pulls' }],
  ])('a repository is found by %s', (_, repository) => {
    const services = [serviceEntry({ name: 'shop', repositories: ['acme/checkout'] })];
    expect(eventsOf(withContent(changeMerged, { repository }), { catalogue: { services } })).toMatchObject([
      { service: 'shop' },
    ]);
  });

  test('a change of several services is one event per service, each with its own id', () => {
    const services = ['web', 'api'].map(name => serviceEntry({ name, repositories: ['acme/checkout'] }));
    expect(eventsOf(changeMerged, { catalogue: { services } })).toMatchObject([
      { service: 'web', id: 'b3a1c7de#web' },
      { service: 'api', id: 'b3a1c7de#api' },
    ]);
  });

  test('a monorepo needs the name of the service', () => {
    const services = ['web', 'api'].map(name =>
      serviceEntry({ name, repositories: ['acme/checkout'], paths: [name] }),
    );
    const options = { catalogue: { services } };
    expect(() => eventsOf(changeMerged, options)).toThrow('customData.service');
    expect(eventsOf({ ...changeMerged, custom: { service: 'web' } }, options)).toMatchObject([
      { service: 'web' },
    ]);
  });

  test('the last part of a path may be a name in the catalogue', () => {
    const services = [serviceEntry({ name: 'shop', aliases: ['checkout'] })];
    const subject = '/clusters/eu/checkout';
    expect(eventsOf({ ...deployed, subject }, { catalogue: { services } })).toMatchObject([
      { service: 'shop' },
    ]);
    expect(eventsOf({ ...deployed, subject })).toMatchObject([{ service: subject }]);
  });

  test('the address overrides service and environment', () => {
    const query = { service: 'shop', environment: 'staging' };
    const staging = { service: 'shop', environment: 'staging' };
    expect(eventsOf(deployed, { query })).toMatchObject([staging]);
    expect(eventsOf({ ...detected, content: {} }, { query })).toMatchObject([staging]);
    expect(eventsOf(changeMerged, { query })).toMatchObject([{ service: 'shop' }]);
  });
});

test('a whole story gives the same numbers as native events', () => {
  const of = (sha: string) => `pkg:oci/checkout@${sha}`;
  const serves = (id: string, at: string, sha: string, more: Partial<CdEventFields> = {}) =>
    cdEvent({
      ...withContent(upgraded, { artifactId: of(sha) }),
      id,
      time: at,
      chainId: `chain-${sha}`,
      ...more,
    });
  const merged = (sha: string, at: string) =>
    cdEvent({ ...changeMerged, subject: sha, id: `merged-${sha}`, time: at });
  const made = (sha: string, at: string) => {
    const content = { change: { id: sha } };
    return cdEvent({ ...packaged, subject: of(sha), content, id: `made-${sha}`, time: at });
  };
  const fields = [
    // Sent late: the order does not matter
    made('c2', '2026-05-19T10:30:00Z'),
    merged('c1', '2026-05-18T08:00:00Z'),
    made('c1', '2026-05-18T08:10:00Z'),
    serves('1', '2026-05-18T09:00:00Z', 'c1'),
    merged('c2', '2026-05-19T10:00:00Z'),
    serves('2', '2026-05-19T11:00:00Z', 'c2', { custom: { weight: 5, strategy: 'canary' } }),
    serves('3', '2026-05-19T11:10:00Z', 'c2', { custom: { weight: 25, strategy: 'canary' } }),
    cdEvent({
      ...withContent(detected, { artifactId: of('c2') }),
      id: '4',
      time: '2026-05-19T11:12:00Z',
    }),
    serves('5', '2026-05-19T11:15:00Z', 'c1', { type: 'service.rolledback', chainId: 'chain-c2' }),
    cdEvent({ ...withContent(resolved, { artifactId: of('c1') }), id: '6', time: '2026-05-19T11:20:00Z' }),
  ];
  const native = `
    05-18 08:00  change_merged    change=c1
    05-18 09:00  change_exposed   rollout=r1 change=c1
    05-19 10:00  change_merged    change=c2
    05-19 11:00  change_exposed   rollout=r2 change=c2 weight=5 strategy=canary
    05-19 11:10  change_exposed   rollout=r2 change=c2 weight=25 strategy=canary
    05-19 11:12  incident_detected incident=i rollout=r2
    05-19 11:15  change_exposed   rollout=r3 change=c1
    05-19 11:20  incident_resolved incident=i`;
  const question = { now, windowDays: [7, 30], attributionWindowMs: 3_600_000 };
  const events = parsed(cdevents, fields).events.map(event => identify(event, 'ci', now).event);
  const answers = reference(events, question);
  expect(Object.fromEntries(answers)).toEqual(
    Object.fromEntries(
      reference(
        eventsIn(native).map(({ event }) => event),
        question,
      ),
    ),
  );
  expect(answers.size).toBeGreaterThan(50);
});

test('damaged payloads give valid events or are not mapped', () => {
  const all = [
    changeCreated,
    changeMerged,
    packaged,
    deployed,
    upgraded,
    rolledBack,
    detected,
    reported,
    resolved,
  ];
  const custom = { weight: 5, strategy: 'canary', rollout: 'r', change: 'c', changes: ['d'], mergedAt: 'x' };
  survivesDamage(cdevents, [
    ...all.map(fields => cdEvent({ ...fields, chainId: 'chain' })),
    ...all.map(fields => cdEvent({ ...fields, custom })),
    { specversion: '1.0', data: cdEvent(deployed) },
  ]);
});
