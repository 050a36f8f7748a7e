/** Payloads in the shape of GitHub's webhooks: the relevant fields, and some others. */

const repository = {
  id: 186853002,
  full_name: 'acme/checkout',
  html_url: 'https://github.com/acme/checkout',
  url: 'https://api.github.com/repos/acme/checkout',
  default_branch: 'main',
};
const mona = { login: 'mona', id: 1, type: 'User' };
const head = {
  ref: 'tax',
  sha: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821',
  repo: { id: 186853002, full_name: 'acme/checkout', fork: false } as object | null,
};

/** GitHub's test commit of a pull request that is not merged. */
export const trialCommit = 'c4295bd74fb0f4fda03689c3df3f2803b658fd85';

export function pullRequest(action: string, fields: Readonly<Record<string, unknown>> = {}) {
  return {
    action,
    number: 42,
    pull_request: {
      number: 42,
      state: 'open',
      title: 'Round taxes',
      body: 'Taxes are rounded per line.',
      html_url: 'https://github.com/acme/checkout/pull/42',
      user: mona,
      created_at: '2026-11-19T09:12:40Z',
      updated_at: '2026-11-19T10:00:00Z',
      merged: false,
      merged_at: null,
      merge_commit_sha: trialCommit,
      labels: [{ name: 'bug' }],
      base: { ref: 'main', sha: '6113728f27ae82c7b1a177c8d03f9e96e0adf246', repo: repository },
      head,
      ...fields,
    },
    repository,
    sender: mona,
  };
}

export function mergedPullRequest(sha: string, fields: Readonly<Record<string, unknown>> = {}) {
  return pullRequest('closed', {
    state: 'closed',
    merged: true,
    merged_at: '2026-11-20T13:55:02Z',
    merge_commit_sha: sha,
    merged_by: mona,
    ...fields,
  });
}

export interface PushedCommit {
  readonly id: string;
  readonly message?: string;
  readonly timestamp?: string;
  readonly files?: readonly string[];
  /** Author, and committer if it is another person. */
  readonly by?: readonly [author: string, committer: string];
}

const person = (name: string) => ({
  name,
  email: name === 'web-flow' ? 'noreply@github.com' : `${name}@acme.example`,
  username: name,
});

export function push(commits: readonly PushedCommit[]) {
  const last = commits.at(-1)?.id ?? '0'.repeat(40);
  return {
    ref: 'refs/heads/main',
    before: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
    after: last,
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    commits: commits.map(({ id, message = 'Round taxes', timestamp, files = ['tax.ts'], by }) => ({
      id,
      message,
      timestamp: timestamp ?? '2026-11-20T14:50:00+01:00',
      url: `https://github.com/acme/checkout/commit/${id}`,
      author: person(by?.[0] ?? 'mona'),
      committer: person(by?.[1] ?? 'mona'),
      distinct: true,
      added: [],
      modified: files,
      removed: [],
    })),
    head_commit: commits.length === 0 ? null : { id: last },
    // 2026-11-20T13:55:02Z, which only pushes have in seconds.
    repository: { ...repository, url: 'https://github.com/acme/checkout', pushed_at: 1_795_182_902 },
    pusher: { name: 'mona', email: 'mona@acme.example' },
    sender: mona,
  };
}

export function deploymentStatus(
  state: string,
  deployment: Readonly<Record<string, unknown>> = {},
  status: Readonly<Record<string, unknown>> = {},
) {
  return {
    action: 'created',
    deployment_status: {
      id: 209916254,
      state,
      environment: 'production',
      description: '',
      log_url: 'https://github.com/acme/checkout/actions/runs/1/job/2',
      created_at: '2026-11-20T14:20:31Z',
      updated_at: '2026-11-20T14:20:31Z',
      creator: mona,
      ...status,
    },
    deployment: {
      id: 145988746,
      sha: '2f1d7c9b7c3a4bd49dd2b5f6c7c9c1b0a7d64e11',
      ref: 'main',
      task: 'deploy',
      environment: 'production',
      original_environment: 'production',
      production_environment: true,
      transient_environment: false,
      payload: {},
      created_at: '2026-11-20T14:18:00Z',
      creator: mona,
      ...deployment,
    },
    workflow_run: null,
    repository,
    sender: mona,
  };
}

/** Other payloads of GitHub, which are not relevant. */
export const others: readonly (readonly [event: string, payload: unknown])[] = [
  ['ping', { zen: 'Keep it logically awesome.', hook_id: 1, repository }],
  ['workflow_run', { action: 'completed', workflow_run: { id: 1, conclusion: 'success' }, repository }],
  ['workflow_run', { action: 'completed', workflow_run: { id: 1, conclusion: null }, repository }],
  ['deployment', { action: 'created', deployment: { id: 145988746 }, repository }],
  ['pull_request', pullRequest('synchronize')],
  ['pull_request', pullRequest('ready_for_review')],
  ['pull_request', pullRequest('converted_to_draft')],
  ['pull_request', pullRequest('labeled')],
  ['pull_request', pullRequest('closed')],
  ['push', { ...push([{ id: 'a1' }]), ref: 'refs/tags/v1' }],
  ['push', { ...push([{ id: 'a1' }]), ref: 'refs/heads/tax' }],
  ['push', { ...push([]), ref: 'refs/tags/v1', created: true }],
  ['push', { ...push([]), ref: 'refs/tags/v1', deleted: true, head_commit: null }],
  ['push', { ...push([]), ref: 'refs/heads/old', deleted: true, head_commit: null }],
];
