/** Payloads in the shape of GitLab's webhooks: the relevant fields, and some others. */

type Fields = Readonly<Record<string, unknown>>;

const project = {
  id: 30,
  name: 'Checkout',
  path_with_namespace: 'shop/backend/checkout',
  web_url: 'https://git.acme.example/shop/backend/checkout',
  default_branch: 'main',
  namespace: 'Backend',
};
const user = { id: 42, name: 'Mona', username: 'mona', email: '[REDACTED]' };
const lastCommit = {
  id: 'da1560886d4f094c3e6c9ef40349f7d38b5d27d7',
  message: 'Round taxes',
  timestamp: '2026-11-18T23:36:29+02:00',
};

export const headOfBranch = lastCommit.id;

export function mergeRequest(action: string, attributes: Fields = {}, payload: Fields = {}) {
  return {
    object_kind: 'merge_request',
    event_type: 'merge_request',
    user,
    project,
    object_attributes: {
      id: 99_001,
      iid: 42,
      action,
      state: 'opened',
      title: 'Round taxes',
      description: '',
      url: 'https://git.acme.example/shop/backend/checkout/-/merge_requests/42',
      source_branch: 'tax',
      target_branch: 'main',
      source_project_id: 30,
      target_project_id: 30,
      created_at: '2026-11-19 09:12:40 UTC',
      updated_at: '2026-11-19 09:12:40 UTC',
      merge_commit_sha: null as string | null,
      last_commit: lastCommit,
      labels: [{ id: 206, title: 'API' }],
      ...attributes,
    },
    labels: [{ id: 206, title: 'API' }],
    changes: {},
    ...payload,
  };
}

export function mergedMergeRequest(sha: string | null, attributes: Fields = {}, payload: Fields = {}) {
  const merge = { state: 'merged', updated_at: '2026-11-20 13:55:02 UTC', merge_commit_sha: sha };
  return mergeRequest('merge', { ...merge, ...attributes }, payload);
}

export interface PushedCommit {
  readonly id: string;
  readonly message?: string;
  readonly timestamp?: string;
  readonly files?: readonly string[];
}

export function push(commits: readonly PushedCommit[], payload: Fields = {}) {
  return {
    object_kind: 'push',
    event_name: 'push',
    before: '95790bf891e76fee5e1747ab589903a6a1f80f22',
    after: commits.at(-1)?.id ?? '0'.repeat(40),
    ref: 'refs/heads/main',
    user_username: 'mona',
    project_id: 30,
    project,
    commits: commits.map(({ id, message = 'Round taxes', timestamp, files = ['tax.ts'] }) => ({
      id,
      message,
      timestamp: timestamp ?? '2026-11-20T14:55:02+01:00',
      url: `https://git.acme.example/shop/backend/checkout/-/commit/${id}`,
      author: { name: 'Mona', email: '[REDACTED]' },
      added: [],
      modified: files,
      removed: [],
    })),
    total_commits_count: commits.length,
    ...payload,
  };
}

export const deployedSha = '279484c09fbe69ededfced8c1bb6e6d24616b468';

export function deployment(status: string, payload: Fields = {}) {
  return {
    object_kind: 'deployment',
    status,
    status_changed_at: '2026-11-20 15:55:02 +0100',
    deployment_id: 15,
    deployable_id: 796 as number | null,
    deployable_url: 'https://git.acme.example/shop/backend/checkout/-/jobs/796' as string | null,
    environment: 'production',
    environment_tier: 'production',
    environment_slug: 'production',
    environment_external_url: 'https://shop.example.com',
    project,
    short_sha: '279484c0',
    user,
    commit_url: `https://git.acme.example/shop/backend/checkout/-/commit/${deployedSha}`,
    commit_title: 'Round taxes',
    ref: 'main',
    ...payload,
  };
}

export function featureFlag(attributes: Fields = {}) {
  return {
    object_kind: 'feature_flag',
    project,
    user,
    object_attributes: { id: 6, name: 'new-tax-engine', description: '', active: true, ...attributes },
  };
}

/** Other payloads of GitLab, which are not relevant. */
export const others: readonly unknown[] = [
  { object_kind: 'pipeline', object_attributes: { id: 31, status: 'success' }, project },
  { object_kind: 'build', build_id: 1, build_status: 'success', environment: { name: 'production' } },
  { object_kind: 'release', action: 'create', tag: 'v1', project },
  { object_kind: 'tag_push', event_name: 'tag_push', ref: 'refs/tags/v1', project, commits: [{ id: 'a1' }] },
  { event_name: 'project_create', path_with_namespace: 'shop/backend/checkout' },
  mergeRequest('update'),
  mergeRequest('approved'),
  mergeRequest('close'),
  push([]),
  { ...push([{ id: 'a1' }]), ref: 'refs/heads/tax' },
  deployment('running'),
  deployment('failed'),
  deployment('canceled'),
];
