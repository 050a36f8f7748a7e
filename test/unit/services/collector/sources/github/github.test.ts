import { describe, expect, test } from 'vitest';
import type { CatalogueService } from '../../../../../../domain/catalogue/model.ts';
import type { SentEvent } from '../../../../../../domain/events/event.ts';
import { identify } from '../../../../../../domain/events/identity.ts';
import { windows } from '../../../../../../domain/metrics/definitions.ts';
import { type Answers, reference, seriesKey } from '../../../../../../domain/reference.ts';
import { github } from '../../../../../../services/collector/sources/github/github.ts';
import {
  type ParsedRequest,
  type Source,
  type ToolRequest,
  Unmappable,
} from '../../../../../../services/collector/sources/source.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import { contextOf, receivedAt, toolRequest } from '../../../../../support/senders/tool-request.ts';
import {
  deploymentStatus,
  mergedPullRequest,
  others,
  type PushedCommit,
  pullRequest,
  push,
} from './payloads.ts';

const source = 'https://github.com/acme/checkout';
const merge = '7044a8a032e85b6ab611033b2ac8af7ce85805b2';

interface Options {
  readonly query?: ToolRequest['query'];
  readonly services?: readonly CatalogueService[];
  readonly environments?: Readonly<Record<string, string>>;
}

function parsed(event: string, payload: unknown, { query = {}, ...catalogue }: Options = {}): ParsedRequest {
  const headers = { 'x-github-event': event, 'content-type': 'application/json' };
  return github.parse(toolRequest(payload, { query, headers }), contextOf(catalogue));
}

/** The events without their ids. */
function parsedEvents(...args: Parameters<typeof parsed>): Omit<SentEvent, 'id'>[] {
  return parsed(...args).events.map(({ id, ...event }) => event);
}

function serviceCalled(name: string, fields: Partial<CatalogueService> = {}): CatalogueService {
  return {
    name,
    aliases: [],
    repositories: ['Acme/Checkout'],
    paths: [],
    artifacts: [],
    environments: {},
    flags: {},
    ...fields,
  };
}

const created = {
  type: 'change_created',
  service: 'checkout',
  change: 'acme/checkout#42',
  time: '2026-11-19T09:12:40.000Z',
  source,
};
const merged = {
  type: 'change_merged',
  service: 'checkout',
  change: 'acme/checkout#42',
  artifact: merge,
  time: '2026-11-20T13:55:02.000Z',
  source,
  title: 'Round taxes',
  url: 'https://github.com/acme/checkout/pull/42',
  actor: 'mona',
};

describe('a pull request', () => {
  test.each(['opened', 'reopened'])('that is %s is a change', action => {
    expect(parsed('pull_request', pullRequest(action)).unknownServices).toEqual(['checkout']);
    expect(parsedEvents('pull_request', pullRequest(action))).toEqual([created]);
  });

  test('gives its creation as the same event in every delivery', () => {
    const tellings = [
      pullRequest('opened'),
      pullRequest('reopened', { title: 'Round taxes up', updated_at: '2026-11-20T08:00:00Z' }),
      mergedPullRequest(merge),
    ].map(payload => parsed('pull_request', payload).events[0]);
    expect(tellings[1]).toEqual(tellings[0]);
    expect(tellings[2]).toEqual(tellings[0]);
  });

  test.each([
    ['with a merge commit', {}],
    ['from a fork', { head: { ref: 'tax', repo: { full_name: 'hubot/checkout', fork: true } } }],
    ['from a fork that is gone', { head: { ref: 'tax', repo: null } }],
  ])('that is merged %s has its merge commit as artifact', (_, fields) => {
    expect(parsedEvents('pull_request', mergedPullRequest(merge, fields))).toEqual([created, merged]);
  });

  test.each([
    ['the title of a revert', { title: 'Revert "Round taxes"' }],
    ['the body of a revert', { body: 'Sorry.\r\n\r\nReverts acme/checkout#41' }],
    ['the label hotfix', { labels: [{ name: 'bug' }, { name: 'Hotfix' }] }],
  ])('with %s is rework', (_, fields) => {
    expect(parsedEvents('pull_request', mergedPullRequest(merge, fields))[1]).toMatchObject({ rework: true });
  });

  test('is merged only if its base branch is deployed', () => {
    const backport = mergedPullRequest(merge, { base: { ref: 'release/1.8' } });
    expect(parsed('pull_request', backport)).toEqual({ events: [] });
    const services = [serviceCalled('checkout', { branch: 'release/1.8' })];
    expect(parsedEvents('pull_request', backport, { services })).toEqual([created, merged]);
    expect(parsed('pull_request', mergedPullRequest(merge), { services })).toEqual({ events: [] });
  });

  test('has the service of the catalogue, or the one of the address', () => {
    const services = [serviceCalled('shop')];
    expect(parsed('pull_request', pullRequest('opened'), { services })).toEqual({
      events: [expect.objectContaining({ service: 'shop' })],
    });
    expect(parsed('pull_request', pullRequest('opened'), { services, query: { service: 'pay' } })).toEqual({
      events: [expect.objectContaining({ service: 'pay' })],
      unknownServices: ['pay'],
    });
  });

  test('of a monorepo gives no event: its pushes do', () => {
    const services = [
      serviceCalled('cart', { paths: ['cart'] }),
      serviceCalled('search', { paths: ['search'] }),
    ];
    expect(parsed('pull_request', mergedPullRequest(merge), { services })).toEqual({ events: [] });
  });

  test('of GitHub Enterprise Server has its host in the source', () => {
    const payload = pullRequest('opened');
    const repository = { ...payload.repository, html_url: 'https://git.acme.example/acme/checkout' };
    expect(parsedEvents('pull_request', { ...payload, repository })[0]).toMatchObject({
      source: 'https://git.acme.example/acme/checkout',
    });
  });

  test.each([
    ['number', { ...mergedPullRequest(merge, { number: 'x' }), number: null }],
    ['time of the merge', mergedPullRequest(merge, { merged_at: null })],
    ['time of the creation', pullRequest('opened', { created_at: 'yesterday' })],
    ['repository', { ...pullRequest('opened'), repository: null }],
    ['base branch', mergedPullRequest(merge, { base: null })],
  ])('without a %s cannot be mapped', (_, payload) => {
    expect(() => parsed('pull_request', payload)).toThrow(Unmappable);
  });
});

describe('a push', () => {
  const direct = (commit: PushedCommit, more = {}) => ({
    type: 'change_merged',
    service: 'checkout',
    change: commit.id,
    time: '2026-11-20T13:55:02.000Z',
    source,
    title: 'Round taxes',
    url: `https://github.com/acme/checkout/commit/${commit.id}`,
    actor: 'mona',
    ...more,
  });
  const changesOf = (commits: readonly PushedCommit[], options?: Options) =>
    parsed('push', push(commits), options).events.map(event => 'change' in event && event.change);

  test('without a pull request merges its commits, at the time of the push', () => {
    expect(
      parsedEvents('push', push([{ id: 'a1' }, { id: 'a2', message: 'Round taxes\n\nper line' }])),
    ).toEqual([direct({ id: 'a1' }, { artifact: 'a2' }), direct({ id: 'a2' })]);
  });

  test.each([
    [
      'a merge commit',
      [{ id: 'a1' }, { id: 'a2', message: 'Merge pull request #42 from acme/tax\n\nRound' }],
    ],
    ['one of another title', [{ id: 'a1' }, { id: 'a2', message: 'Round taxes (#42)\n\nper line' }]],
    ['a squash', [{ id: 'a1', message: 'Round taxes (#42)\r\n\r\nCo-authored-by: A' }]],
    [
      'a queue',
      [
        { id: 'a1', message: 'Round taxes (#42)' },
        { id: 'a2', message: 'Search (#43)' },
      ],
    ],
    ['a rebase', [{ id: 'a1', by: ['mona', 'hubot'] }]],
  ] satisfies [string, PushedCommit[]][])('of a pull request gives no event: %s', (_, commits) => {
    expect(parsed('push', push(commits))).toEqual({ events: [] });
  });

  test('after the merge of a pull request gives events', () => {
    expect(changesOf([{ id: 'a1', message: 'Taxes (#42)' }, { id: 'a2' }])).toEqual(['a2']);
  });

  test('of an edit on the pages of GitHub gives events', () => {
    expect(changesOf([{ id: 'a1', by: ['mona', 'web-flow'] }])).toEqual(['a1']);
  });

  test('is ignored if the address says so', () => {
    expect(changesOf([{ id: 'a1' }], { query: { pushes: 'none' } })).toEqual([]);
    expect(() => changesOf([{ id: 'a1' }], { query: { pushes: 'dierct' } })).toThrow(Unmappable);
  });

  test('of a revert is rework', () => {
    const [event] = parsedEvents(
      'push',
      push([{ id: 'a1', message: 'Revert "Round taxes (#42)"\n\nIt fails.' }]),
    );
    expect(event).toMatchObject({ rework: true, title: 'Revert "Round taxes (#42)"' });
  });

  test('has the time of its newest commit if the time of the push is out of date', () => {
    const timeOf = (timestamp: string) => parsedEvents('push', push([{ id: 'a1', timestamp }]))[0]?.time;
    expect(timeOf('2026-11-20T15:00:00+01:00')).toBe('2026-11-20T14:00:00.000Z');
    // An author's clock that is ahead of ours.
    expect(timeOf('2027-01-01T00:00:00Z')).toBe('2026-11-20T13:55:02.000Z');
    expect(timeOf('no time')).toBe('2026-11-20T13:55:02.000Z');
  });

  test('to another branch than the deployed one gives no event', () => {
    const services = [serviceCalled('checkout', { branch: 'stable' })];
    expect(parsed('push', push([{ id: 'a1' }]), { services })).toEqual({ events: [] });
  });

  describe('to a monorepo', () => {
    const services = [
      serviceCalled('cart', { paths: ['services/cart', 'lib'] }),
      serviceCalled('search', { paths: ['services/search/'] }),
    ];
    const cart = ['services/cart/tax.ts'];
    const mergedBy = (commits: readonly PushedCommit[], options: Options = { services }) =>
      parsed('push', push(commits), options).events.map(event =>
        event.type === 'change_merged' ? [event.service, event.change, event.artifact] : event,
      );

    test('merges each commit for the services whose files it changes', () => {
      const commits = [
        { id: 'a1', files: cart },
        { id: 'a2', files: ['lib/money.ts', 'services/search/index.ts'] },
        { id: 'a3', files: ['README.md', 'services/cartoons/a.ts'] },
      ];
      expect(mergedBy(commits)).toEqual([
        ['cart', 'a1', 'a3'],
        ['cart', 'a2', 'a3'],
        ['search', 'a2', 'a3'],
      ]);
    });

    test('counts commits of pull requests too, and the merge commit only if it is alone', () => {
      const message = 'Merge pull request #42 from acme/tax';
      expect(
        mergedBy([
          { id: 'a1', files: cart },
          { id: 'a2', files: cart, message },
        ]),
      ).toEqual([['cart', 'a1', 'a2']]);
      expect(mergedBy([{ id: 'a2', files: cart, message }])).toEqual([['cart', 'a2', undefined]]);
      expect(mergedBy([{ id: 'a1', files: cart, message: 'Taxes (#42)' }])).toEqual([
        ['cart', 'a1', undefined],
      ]);
    });

    test('is of one service if the address names it', () => {
      const commits = [{ id: 'a1', files: [...cart, 'services/search/index.ts'] }];
      expect(mergedBy(commits, { services, query: { service: 'search' } })).toEqual([
        ['search', 'a1', undefined],
      ]);
    });

    test('without the changed files cannot be mapped', () => {
      const payload = push([{ id: 'a1' }]);
      const commits = payload.commits.map(({ added, modified, removed, ...commit }) => commit);
      expect(() => parsedEvents('push', { ...payload, commits }, { services })).toThrow(Unmappable);
      expect(parsedEvents('push', { ...payload, commits })).toHaveLength(1);
    });
  });
});

describe('a deployment', () => {
  const exposed = {
    type: 'change_exposed',
    service: 'checkout',
    change: '2f1d7c9b7c3a4bd49dd2b5f6c7c9c1b0a7d64e11',
    environment: 'production',
    rollout: '145988746',
    weight: 100,
    time: '2026-11-20T14:20:31.000Z',
    source,
    url: 'https://github.com/acme/checkout/actions/runs/1/job/2',
    actor: 'mona',
  };
  const environmentsOf = (payload: unknown, options?: Options) =>
    parsed('deployment_status', payload, options).events.map(
      event => event.type === 'change_exposed' && `${event.service} ${event.environment}`,
    );

  test('that succeeded exposes its commit to all traffic', () => {
    expect(parsedEvents('deployment_status', deploymentStatus('success'))).toEqual([exposed]);
  });

  test.each(['queued', 'pending', 'in_progress', 'failure', 'error', 'inactive'])(
    'in state %s does not',
    state => {
      expect(parsed('deployment_status', deploymentStatus(state))).toEqual({ events: [] });
    },
  );

  test('of an older commit is an exposure in a rollout of its own', () => {
    const again = deploymentStatus('success', { id: 145988823, sha: merge });
    expect(parsedEvents('deployment_status', again)).toEqual([
      { ...exposed, rollout: '145988823', change: merge },
    ]);
  });

  test('has its environment under the name that the catalogue maps it to', () => {
    const to = (environment: string, more = {}) =>
      deploymentStatus('success', { environment, production_environment: false, ...more }, { environment });
    expect(environmentsOf(to('staging'))).toEqual(['checkout staging']);
    expect(environmentsOf(to('prod'))).toEqual(['checkout production']);
    expect(environmentsOf(to('blue', { production_environment: true }))).toEqual(['checkout production']);
    const environments = { blue: 'production-eu' };
    expect(environmentsOf(to('blue', { production_environment: true }), { environments })).toEqual([
      'checkout production-eu',
    ]);
    expect(environmentsOf(to('blue'), { query: { environment: 'qa' } })).toEqual(['checkout qa']);
    expect(environmentsOf(to('pr-7', { transient_environment: true }))).toEqual([]);
  });

  test('whose status has no environment has that of the deployment', () => {
    const payload = deploymentStatus('success', {}, { environment: undefined });
    const { action, ...old } = payload;
    expect(environmentsOf(old)).toEqual(['checkout production']);
  });

  test('of a service with a controller gives no event', () => {
    const services = [serviceCalled('checkout', { controller: 'argo-rollouts' })];
    expect(parsed('deployment_status', deploymentStatus('success'), { services })).toEqual({ events: [] });
  });

  test('of a monorepo is of the service that it names, or that has its environment', () => {
    const services = [
      serviceCalled('cart', { paths: ['cart'], environments: { 'cart-live': 'production' } }),
      serviceCalled('search', { paths: ['search'], aliases: ['finder'] }),
      serviceCalled('pay', { paths: ['pay'], controller: 'flagger' }),
    ];
    const to = (environment: string, payload: unknown) =>
      deploymentStatus('success', { environment, payload }, { environment });
    expect(environmentsOf(to('cart-live', ''), { services })).toEqual(['cart production']);
    expect(environmentsOf(to('production', { service: 'finder' }), { services })).toEqual([
      'search production',
    ]);
    expect(environmentsOf(to('production', '{"service":"search"}'), { services })).toEqual([
      'search production',
    ]);
    expect(environmentsOf(to('production', { service: 'pay' }), { services })).toEqual([]);
    expect(environmentsOf(to('production', null), { services, query: { service: 'cart' } })).toEqual([
      'cart production',
    ]);
    expect(() => environmentsOf(to('production', 'x'), { services })).toThrow(
      /does not say of which service/,
    );
  });

  test.each([{ id: null }, { sha: '' }, { environment: 7 }])('with %j cannot be mapped', fields => {
    const payload = deploymentStatus('success', fields, { environment: null });
    expect(() => parsed('deployment_status', payload)).toThrow(Unmappable);
  });
});

test.each(others)('%s that is not relevant gives no event', (event, payload) => {
  expect(parsed(event, payload)).toEqual({ events: [] });
});

test('a form is parsed like JSON', () => {
  const form = new URLSearchParams({ payload: JSON.stringify(pullRequest('opened')) }).toString();
  const headers = {
    'x-github-event': 'pull_request',
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
  };
  const read = (body: string) => github.parse(toolRequest(body, { headers }), contextOf());
  expect(read(form)).toEqual(parsed('pull_request', pullRequest('opened')));
  expect(() => read('text=hello')).toThrow(Unmappable);
});

test('a request without the name of its event cannot be mapped', () => {
  expect(() => github.parse(toolRequest(pullRequest('opened')), contextOf())).toThrow(Unmappable);
});

test('a repeated delivery gives the same events', () => {
  const payloads = [
    ['pull_request', mergedPullRequest(merge)],
    ['push', push([{ id: 'a1' }, { id: 'a2' }])],
    ['deployment_status', deploymentStatus('success')],
  ] as const;
  for (const [event, payload] of payloads) {
    const headers = { 'x-github-event': event };
    const later = { ...contextOf(), receivedAt: receivedAt + 3_600_000 };
    expect(github.parse(toolRequest(payload, { headers }), later)).toEqual(parsed(event, payload));
  }
});

describe('the numbers', () => {
  type Delivery = readonly [event: string, payload: unknown];

  function answersTo(deliveries: readonly Delivery[], options?: Options): Answers {
    const events = deliveries
      .flatMap(([event, payload]) => parsed(event, payload, options).events)
      .map(event => identify(event, 'github', receivedAt).event);
    return reference(events, { now: receivedAt, windowDays: windows, attributionWindowMs: 3_600_000 });
  }
  const shown = (answers: Answers, name: string, more = {}) =>
    answers.get(
      seriesKey(`dora_${name}`, {
        service: 'checkout',
        team: '',
        environment: 'production',
        window: '7d',
        ...more,
      }),
    );
  const deployed = (sha: string, id: number, at: string): Delivery => [
    'deployment_status',
    deploymentStatus('success', { sha, id }, { created_at: at }),
  ];

  const ways: readonly (readonly [string, readonly Delivery[]])[] = [
    [
      'merged',
      [['push', push([{ id: 'a1' }, { id: merge, message: 'Merge pull request #42 from acme/tax' }])]],
    ],
    ['squashed', [['push', push([{ id: merge, message: 'Round taxes (#42)' }])]]],
    [
      'rebased',
      [
        [
          'push',
          push([
            { id: 'a1', by: ['mona', 'hubot'] },
            { id: merge, by: ['mona', 'hubot'] },
          ]),
        ],
      ],
    ],
  ];
  test.each(ways)('count a pull request once if it is %s, in any order', (_, pushes) => {
    const deliveries: Delivery[] = [
      ['pull_request', mergedPullRequest(merge)],
      ...pushes,
      deployed(merge, 1, '2026-11-20T14:55:02Z'),
    ];
    for (const order of [deliveries, deliveries.toReversed()]) {
      const answers = answersTo(order);
      expect(shown(answers, 'lead_time_samples')).toBe(1);
      expect(shown(answers, 'lead_time_mean_seconds')).toBe(3_600);
    }
  });

  test('include the deployment of an older commit', () => {
    const answers = answersTo([
      ['push', push([{ id: 'a1' }])],
      deployed('a1', 1, '2026-11-20T14:00:00Z'),
      deployed('a2', 2, '2026-11-20T15:00:00Z'),
      deployed('a1', 3, '2026-11-20T15:30:00Z'),
    ]);
    expect(shown(answers, 'exposed_changes')).toBe(2);
    expect(shown(answers, 'rolled_back_changes', { containment: 'escaped' })).toBe(1);
    expect(shown(answers, 'failed_exposure_seconds')).toBe(1_800);
  });

  test('include the changes of a monorepo, although the head of the push is what is deployed', () => {
    const services = [
      serviceCalled('checkout', { paths: ['tax'] }),
      serviceCalled('search', { paths: ['search'] }),
    ];
    const answers = answersTo(
      [
        [
          'push',
          push([
            { id: 'a1', files: ['tax/a.ts'] },
            { id: 'a2', files: ['search/b.ts'] },
          ]),
        ],
        [
          'deployment_status',
          deploymentStatus(
            'success',
            { sha: 'a2', payload: { service: 'checkout' } },
            { created_at: '2026-11-20T14:55:02Z' },
          ),
        ],
      ],
      { services },
    );
    expect(shown(answers, 'lead_time_samples')).toBe(1);
    expect(shown(answers, 'lead_time_mean_seconds')).toBe(3_600);
  });
});

describe('damaged payloads', () => {
  const damaged: readonly (readonly [string, readonly unknown[]])[] = [
    ['pull_request', [pullRequest('opened'), mergedPullRequest(merge)]],
    ['push', [push([{ id: 'a1' }, { id: 'a2' }]), push([{ id: 'a1', message: 'Taxes (#42)' }])]],
    ['deployment_status', [deploymentStatus('success'), deploymentStatus('success', { payload: '{"a":1}' })]],
  ];
  test.each(damaged)('of %s give valid events or are not mapped', (event, payloads) => {
    const named: Source = {
      ...github,
      parse: (request, context) =>
        github.parse({ ...request, headers: { 'x-github-event': event } }, context),
    };
    survivesDamage(named, payloads);
    survivesDamage(named, payloads, { service: 'shop', environment: 'live' });
  });
});
