import { describe, expect, test } from 'vitest';
import type { CatalogueService } from '../../../../../../domain/catalogue/model.ts';
import type { SentEvent } from '../../../../../../domain/events/event.ts';
import { identify } from '../../../../../../domain/events/identity.ts';
import { windows } from '../../../../../../domain/metrics/definitions.ts';
import { type Answers, reference, seriesKey } from '../../../../../../domain/reference.ts';
import { gitlab } from '../../../../../../services/collector/sources/gitlab/gitlab.ts';
import { Unmappable } from '../../../../../../services/collector/sources/source.ts';
import { survivesDamage } from '../../../../../support/senders/damage.ts';
import {
  contextOf,
  parsed,
  parsedEvents,
  receivedAt,
  toolRequest,
} from '../../../../../support/senders/tool-request.ts';
import {
  deployedSha,
  deployment,
  featureFlag,
  headOfBranch,
  mergedMergeRequest,
  mergeRequest,
  others,
  type PushedCommit,
  push,
} from './payloads.ts';

const path = 'shop/backend/checkout';
const source = `https://git.acme.example/${path}`;
const merge = '7044a8a032e85b6ab611033b2ac8af7ce85805b2';

type Options = Parameters<typeof parsed>[2];
const events = (payload: unknown, options?: Options) => parsedEvents(gitlab, payload, options);

function serviceCalled(name: string, fields: Partial<CatalogueService> = {}): CatalogueService {
  return {
    name,
    aliases: [],
    repositories: [path],
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
  change: `${path}!42`,
  time: '2026-11-19T09:12:40.000Z',
  source,
};
const merged = {
  type: 'change_merged',
  service: 'checkout',
  change: `${path}!42`,
  artifact: merge,
  time: '2026-11-20T13:55:02.000Z',
  source,
  title: 'Round taxes',
  url: `${source}/-/merge_requests/42`,
  actor: 'mona',
};

describe('a merge request', () => {
  test.each(['open', 'reopen'])('of action %s is a change', action => {
    expect(parsed(gitlab, mergeRequest(action)).unknownServices).toEqual(['checkout']);
    expect(events(mergeRequest(action))).toEqual([created]);
  });

  test('gives its creation as the same event, for every form of the time', () => {
    const [first] = parsed(gitlab, mergeRequest('open')).events;
    const again = mergeRequest('reopen', { created_at: '2026-11-19T09:12:40Z', title: 'Taxes' });
    expect(parsed(gitlab, again).events).toEqual([first]);
    expect(parsed(gitlab, mergedMergeRequest(merge)).events[0]).toEqual(first);
  });

  test.each([
    ['its merge commit', merge, {}, merge],
    ['that of a fork', merge, { source_project_id: 77 }, merge],
    ['its squashed commit, if that is reported', null, { squash_commit_sha: 'abc' }, 'abc'],
    ['the head of its branch, if nothing else is reported', null, {}, headOfBranch],
  ])('became %s', (_, sha, attributes, artifact) => {
    expect(events(mergedMergeRequest(sha, attributes))).toEqual([created, { ...merged, artifact }]);
  });

  test('whose branch is gone has no artifact', () => {
    const [, event] = events(mergedMergeRequest(null, { last_commit: null }));
    expect(event).toMatchObject({ type: 'change_merged', change: `${path}!42` });
    expect(event).not.toHaveProperty('artifact');
  });

  test.each([
    ['the title of a revert', { title: 'Revert "Round taxes"' }, {}],
    ['the description of a revert', { description: 'Sorry.\n\nThis reverts merge request !41' }, {}],
    ['the label hotfix', {}, { labels: [{ title: 'Hotfix' }] }],
  ])('with %s is rework', (_, attributes, payload) => {
    expect(events(mergedMergeRequest(merge, attributes, payload))[1]).toMatchObject({ rework: true });
  });

  test('is merged only if its target branch is deployed', () => {
    const backport = mergedMergeRequest(merge, { target_branch: 'release' });
    expect(parsed(gitlab, backport)).toEqual({ events: [] });
    const services = [serviceCalled('checkout', { branch: 'release' })];
    expect(events(backport, { catalogue: { services } })).toEqual([created, merged]);
  });

  test('of a monorepo gives no event: its pushes do', () => {
    const services = [serviceCalled('cart', { paths: ['cart'] })];
    expect(parsed(gitlab, mergedMergeRequest(merge), { catalogue: { services } })).toEqual({ events: [] });
  });

  test.each([
    ['iid', mergeRequest('open', { iid: null, 'iid ': 1402 })],
    ['time of the merge', mergedMergeRequest(merge, { updated_at: null })],
    ['project', mergeRequest('open', {}, { project: {} })],
    ['target branch', mergedMergeRequest(merge, { target_branch: null })],
    ['kind, as from a custom template', { text: 'hello' }],
  ])('without %s cannot be mapped', (_, payload) => {
    expect(() => parsed(gitlab, payload)).toThrow(Unmappable);
  });
});

describe('a push', () => {
  const became = (iid: number, artifact: string) => ({
    type: 'change_merged',
    service: 'checkout',
    change: `${path}!${iid}`,
    artifact,
    source,
  });

  test.each([
    ['as merging does', `Merge branch 'tax' into 'main'\n\nRound taxes\n\nSee merge request ${path}!42`],
    [
      'by its address',
      `Round taxes\n\nSee merge request https://git.acme.example/${path}/-/merge_requests/42\r\n`,
    ],
    ['in short', 'Round taxes\n\nSee merge request !42'],
    ['in its title', 'Round taxes (!42)\n\nper line'],
    ['in its title, at length', `Round taxes (${path.toUpperCase()}!42)`],
  ])('gives the commit of a merge request that the message names %s', (_, message) => {
    // The event has no time: the merge request's own hook has a better one.
    expect(events(push([{ id: 'a1' }, { id: 'a2', message }]))).toEqual([became(42, 'a2')]);
  });

  test.each(['Round taxes', 'See merge request other/project!42', 'See merge request!', 'Fix !42 (see #7)'])(
    'that names no merge request gives no event: %s',
    message => {
      expect(parsed(gitlab, push([{ id: 'a1', message }]))).toEqual({ events: [] });
    },
  );

  test('merges its commits if the address says that pushes are direct', () => {
    const commits = [{ id: 'a1' }, { id: 'a2', message: 'Taxes (!42)' }, { id: 'a3' }, { id: 'a4' }];
    const direct = { type: 'change_merged', service: 'checkout', time: '2026-11-20T13:55:02.000Z', source };
    const about = (id: string) => ({ title: 'Round taxes', url: `${source}/-/commit/${id}`, actor: 'Mona' });
    expect(events(push(commits), { query: { pushes: 'direct' } })).toEqual([
      became(42, 'a2'),
      { ...direct, change: 'a3', artifact: 'a4', ...about('a3') },
      { ...direct, change: 'a4', ...about('a4') },
    ]);
    expect(() => parsed(gitlab, push(commits), { query: { pushes: 'yes' } })).toThrow(Unmappable);
  });

  test('to a monorepo merges each commit for the services whose files it changes, at the time of the newest', () => {
    const services = [
      serviceCalled('cart', { paths: ['cart'] }),
      serviceCalled('search', { paths: ['search'] }),
    ];
    const commits: PushedCommit[] = [
      { id: 'a1', files: ['cart/a.ts'], timestamp: '2026-11-18T08:00:00Z' },
      { id: 'a2', files: ['cart/a.ts'], message: "Merge branch 'tax' into 'main'\n\nSee merge request !42" },
      { id: 'a3', files: ['search/b.ts'], timestamp: '2027-01-01T00:00:00Z' },
    ];
    expect(events(push(commits), { catalogue: { services } })).toEqual([
      expect.objectContaining({
        service: 'cart',
        change: 'a1',
        artifact: 'a3',
        time: '2026-11-20T13:55:02.000Z',
      }),
      expect.objectContaining({ service: 'search', change: 'a3', time: '2026-11-20T13:55:02.000Z' }),
    ]);
  });
});

describe('a deployment', () => {
  const exposed = {
    type: 'change_exposed',
    service: 'checkout',
    change: deployedSha,
    environment: 'production',
    rollout: '15',
    weight: 100,
    time: '2026-11-20T14:55:02.000Z',
    source,
    title: 'Round taxes',
    url: `${source}/-/jobs/796`,
    actor: 'mona',
  };
  const environmentOf = (payload: object, options?: Options) =>
    parsed(gitlab, deployment('success', { ...payload }), options).events.map(
      event => event.type === 'change_exposed' && event.environment,
    );

  test('that succeeded exposes its commit to all traffic', () => {
    expect(events(deployment('success'))).toEqual([exposed]);
  });

  test('from outside of GitLab has no job', () => {
    const { url, ...withoutJob } = exposed;
    expect(events(deployment('success', { deployable_id: null, deployable_url: null }))).toEqual([
      withoutJob,
    ]);
  });

  test('of an older commit is an exposure in a rollout of its own', () => {
    const again = deployment('success', { deployment_id: 23, commit_url: `${source}/-/commit/${merge}` });
    expect(events(again)).toEqual([{ ...exposed, rollout: '23', change: merge }]);
  });

  test('has the tier of its environment, unless the catalogue maps the name', () => {
    const staging = { environment: 'qa-2', environment_tier: 'staging' };
    expect(environmentOf(staging)).toEqual(['staging']);
    expect(environmentOf({ environment: 'live-eu' })).toEqual(['production']);
    expect(
      environmentOf({ environment: 'live-eu' }, { catalogue: { environments: { 'live-eu': 'live-eu' } } }),
    ).toEqual(['live-eu']);
    expect(environmentOf({ environment: 'review/7', environment_tier: 'development' })).toEqual([
      'development',
    ]);
    expect(environmentOf({ environment: 'demo', environment_tier: 'other' })).toEqual(['demo']);
    expect(environmentOf({ environment: 'prod', environment_tier: undefined })).toEqual(['production']);
  });

  test('of a service with a controller gives no event', () => {
    const services = [serviceCalled('checkout', { controller: 'flagger' })];
    expect(parsed(gitlab, deployment('success'), { catalogue: { services } })).toEqual({ events: [] });
  });

  test.each([
    { deployment_id: null },
    { commit_url: `${source}/-/commit/279484c0` },
    { status_changed_at: '2026-11-20 15:55:02' },
    { environment: null },
  ])('with %j cannot be mapped', fields => {
    expect(() => parsed(gitlab, deployment('success', fields))).toThrow(Unmappable);
  });
});

describe('a feature flag', () => {
  const read = (headers: Readonly<Record<string, string>>, payload = featureFlag()) =>
    gitlab.parse(toolRequest(payload, { headers }), contextOf()).events;

  test.each([
    [true, 'on'],
    [false, 'off'],
  ])('of active %s is turned %s', (active, variant) => {
    expect(events(featureFlag({ active }))).toEqual([
      { type: 'flag_changed', service: 'checkout', flag: 'new-tax-engine', variant, source, actor: 'mona' },
    ]);
  });

  test('is the same event in a repeated delivery, and another one if it changes again', () => {
    expect(read({ 'idempotency-key': 'k1' })).toEqual(read({ 'idempotency-key': 'k1', 'webhook-id': 'k1' }));
    expect(read({ 'idempotency-key': 'k1' })).not.toEqual(read({ 'idempotency-key': 'k2' }));
    expect(read({ 'x-gitlab-event-uuid': 'e1' })).not.toEqual(read({ 'x-gitlab-event-uuid': 'e2' }));
  });

  test('without its state cannot be mapped', () => {
    expect(() => parsed(gitlab, featureFlag({ active: 'yes' }))).toThrow(Unmappable);
  });
});

test.each(others)('a hook that is not relevant gives no event: $object_kind $event_name', payload => {
  expect(parsed(gitlab, payload)).toEqual({ events: [] });
});

describe('the numbers', () => {
  function answersTo(payloads: readonly unknown[]): Answers {
    const all = payloads.flatMap(payload => parsed(gitlab, payload).events);
    return reference(
      all.map((event: SentEvent) => identify(event, 'gitlab', receivedAt).event),
      { now: receivedAt, windowDays: windows, attributionWindowMs: 3_600_000 },
    );
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
  const deployed = (sha: string, fields = {}) =>
    deployment('success', { commit_url: `${source}/-/commit/${sha}`, ...fields });

  test.each([
    [
      'merged',
      merge,
      push([{ id: 'a1' }, { id: merge, message: `Merge\n\nSee merge request ${path}!42` }]),
      merge,
    ],
    ['fast-forwarded', null, push([{ id: 'a1' }, { id: headOfBranch }]), headOfBranch],
    ['squashed and fast-forwarded by a template', null, push([{ id: merge, message: 'Taxes (!42)' }]), merge],
  ])('count a merge request once if it is %s, in any order', (_, sha, pushed, deployedAs) => {
    const payloads = [mergedMergeRequest(sha), pushed, deployed(deployedAs)];
    for (const order of [payloads, payloads.toReversed()]) {
      const answers = answersTo(order);
      expect(shown(answers, 'lead_time_samples')).toBe(1);
      expect(shown(answers, 'lead_time_mean_seconds')).toBe(3_600);
    }
  });

  test('leave out a squash that was fast-forwarded without a mention of its merge request', () => {
    const answers = answersTo([mergedMergeRequest(null), push([{ id: merge }]), deployed(merge)]);
    expect(shown(answers, 'exposed_changes')).toBe(1);
    expect(shown(answers, 'lead_time_samples')).toBe(0);
  });

  test('include the deployment of an older commit', () => {
    const answers = answersTo([
      deployed(deployedSha, { deployment_id: 1, status_changed_at: '2026-11-20 14:00:00 UTC' }),
      deployed(merge, { deployment_id: 2, status_changed_at: '2026-11-20 15:00:00 UTC' }),
      deployed(deployedSha, { deployment_id: 3, status_changed_at: '2026-11-20 15:30:00 UTC' }),
    ]);
    expect(shown(answers, 'exposed_changes')).toBe(2);
    expect(shown(answers, 'rolled_back_changes', { containment: 'escaped' })).toBe(1);
    expect(shown(answers, 'failed_exposure_seconds')).toBe(1_800);
  });
});

test('damaged payloads give valid events or are not mapped', () => {
  const payloads = [
    mergeRequest('open'),
    mergedMergeRequest(merge),
    push([{ id: 'a1' }, { id: 'a2', message: 'Taxes (!42)' }]),
    deployment('success'),
    featureFlag(),
  ];
  survivesDamage(gitlab, payloads);
  survivesDamage(gitlab, payloads, { pushes: 'direct', service: 'shop', environment: 'live' });
});
