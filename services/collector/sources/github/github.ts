import type { FoundService } from '../../../../domain/catalogue/lookup.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { exposedBy, isDeployed, pathOf, type Repository, servicesOfCode } from '../parsing/code-host.ts';
import { describe, identity, lengths, unknownServicesAmong } from '../parsing/event-fields.ts';
import {
  type JsonObject,
  listAt,
  numberAt,
  objectIn,
  objectOf,
  textAt,
  timeAt,
  timeOfMillis,
  valueAt,
} from '../parsing/json.ts';
import {
  type Commit,
  changedFilesOf,
  countsDirectPushes,
  isRevert,
  mergedByPush,
  titleOf,
} from '../parsing/pushes.ts';
import { fail, type ParsedRequest, type Source, type ToolContext, type ToolRequest } from '../source.ts';

/**
 * GitHub's webhooks, of a repository, an organisation or an App. A pull request is a change (`owner/name#42`), and its
 * merge commit is the artifact. `docs/integrations/github.md` lists what is reported.
 * @see https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
export const github: Source = {
  tool: 'github',
  scheme: 'github',
  parse: (request, context) => {
    switch (request.headers['x-github-event']) {
      case undefined:
        return fail('There is no X-GitHub-Event; send the webhook as GitHub does, with its headers.');
      case 'pull_request':
        return readPullRequest(payloadOf(request), request, context);
      case 'push':
        return readPush(payloadOf(request), request, context);
      case 'deployment_status':
        return readDeploymentStatus(payloadOf(request), request, context);
      default:
        return { events: [] };
    }
  },
};

/** The user chooses the content type of a webhook: JSON, or a form with JSON in the field `payload`. */
function payloadOf({ headers, body }: ToolRequest): JsonObject {
  if (!headers['content-type']?.trimStart().toLowerCase().startsWith('application/x-www-form-urlencoded'))
    return objectIn(body);
  const payload = new URLSearchParams(Buffer.from(body).toString()).get('payload');
  return payload === null ? fail('The form has no field payload.') : objectIn(Buffer.from(payload));
}

function repositoryOf(payload: JsonObject, { headers }: ToolRequest): Repository {
  const path = pathOf(textAt(payload, 'repository', 'full_name'));
  // In a push, `url` is an address of the API; `html_url` is always the page.
  const page = URL.parse(textAt(payload, 'repository', 'html_url') ?? '');
  const host = page?.host || headers['x-github-enterprise-host'] || 'github.com';
  return {
    path,
    url: identity('The address of the repository', `https://${host}/${path}`, lengths.id),
    defaultBranch: textAt(payload, 'repository', 'default_branch'),
  };
}

// ---- pull requests -------------------------------------------------------------------------------------

function readPullRequest(payload: JsonObject, request: ToolRequest, context: ToolContext): ParsedRequest {
  const action = textAt(payload, 'action');
  const isMerge = action === 'closed' && valueAt(payload, 'pull_request', 'merged') === true;
  if (!isMerge && action !== 'opened' && action !== 'reopened') return { events: [] };
  const repository = repositoryOf(payload, request);
  const number = numberAt(payload, 'pull_request', 'number') ?? numberAt(payload, 'number');
  if (number === null || !Number.isSafeInteger(number)) return fail('The pull request has no number.');
  const pullRequest: PullRequest = {
    fields: objectOf(valueAt(payload, 'pull_request')) ?? {},
    id: `pull_request/${number}`,
    change: identity('The pull request', `${repository.path}#${number}`),
    source: repository.url,
  };
  const services = servicesOfCode(request, context, repository)(null);
  if (!isMerge)
    return { events: services.map(found => created(pullRequest, found)), ...unknownServicesAmong(services) };
  const base =
    textAt(pullRequest.fields, 'base', 'ref') ?? fail(`${pullRequest.change} names no base branch.`);
  const deployed = services.filter(found => isDeployed(found, repository, base));
  return {
    // GitHub does not repeat a lost delivery, so the merge reports the creation too.
    events: deployed.flatMap(found => [created(pullRequest, found), merged(pullRequest, found)]),
    ...unknownServicesAmong(deployed),
  };
}

interface PullRequest {
  readonly fields: JsonObject;
  /** Prefix of the ids of its events. */
  readonly id: string;
  readonly change: string;
  readonly source: string;
}

/** Has only fields that never change, so that every delivery gives the same event. */
function created({ fields, id, change, source }: PullRequest, { name }: FoundService): SentEvent {
  const time = timeAt(fields, 'created_at') ?? fail(`${change} does not say when it was created.`);
  return { type: 'change_created', service: name, change, time, id: `${id}/created/${time}/${name}`, source };
}

function merged({ fields, id, change, source }: PullRequest, { name }: FoundService): SentEvent {
  const time = timeAt(fields, 'merged_at') ?? fail(`${change} does not say when it was merged.`);
  // Before the merge, this is a test commit that is on no branch.
  const sha = textAt(fields, 'merge_commit_sha');
  const title = textAt(fields, 'title');
  return {
    type: 'change_merged',
    service: name,
    change,
    ...(sha !== null && { artifact: identity('The merge commit', sha) }),
    time,
    id: `${id}/merged/${sha ?? time}/${name}`,
    source,
    ...(isRework(fields, title) && { rework: true }),
    ...describe({ title, url: textAt(fields, 'html_url'), actor: textAt(fields, 'user', 'login') }),
  };
}

function isRework(fields: JsonObject, title: string | null): boolean {
  return (
    isRevert(title ?? '') ||
    /^Reverts (?:[\w.-]{1,100}\/[\w.-]{1,100})?#\d/m.test(textAt(fields, 'body') ?? '') ||
    listAt(fields, 'labels').some(label => textAt(label, 'name')?.toLowerCase() === 'hotfix')
  );
}

// ---- pushes --------------------------------------------------------------------------------------------

function readPush(payload: JsonObject, request: ToolRequest, context: ToolContext): ParsedRequest {
  const ref = textAt(payload, 'ref') ?? fail('The push names no ref.');
  const commits = listAt(payload, 'commits');
  if (!ref.startsWith('refs/heads/') || commits.length === 0) return { events: [] };
  const head = textAt(payload, 'after') ?? fail('The push does not say what the branch holds now.');
  const lastWithRequest = commits.findLastIndex(commit => isOfPullRequest(textAt(commit, 'message') ?? ''));
  const countsDirect = countsDirectPushes(request, true);
  const pushedAt = pushTimeOf(payload);
  return mergedByPush(request, context, {
    repository: repositoryOf(payload, request),
    branch: ref.slice('refs/heads/'.length),
    head,
    commits: commits.map((commit, index): Commit => {
      const sha = textAt(commit, 'id') ?? fail('A commit of the push has no id.');
      return {
        sha,
        message: textAt(commit, 'message') ?? '',
        files: changedFilesOf(commit),
        time: timeOf(commit, pushedAt, context) ?? fail('Nothing says when a commit was pushed.'),
        // Commits before one that names a pull request belong to that pull request.
        isDirect: countsDirect && index > lastWithRequest && !isRebased(commit),
        url: textAt(commit, 'url'),
        actor: textAt(commit, 'author', 'username') ?? textAt(commit, 'author', 'name'),
      };
    }),
  });
}

/** Whether GitHub merged the commit: `Merge pull request #42 from …`, or `Title (#42)` for a squash. */
function isOfPullRequest(message: string): boolean {
  return /^Merge pull request #\d+ /.test(message) || /\(#\d+\)$/.test(titleOf(message).slice(-30));
}

/**
 * Whether a commit was probably merged by rebase: its committer differs from its author. A commit by GitHub itself is an
 * edit on its pages.
 */
function isRebased(commit: unknown): boolean {
  const author = textAt(commit, 'author', 'email')?.toLowerCase();
  const committer = textAt(commit, 'committer', 'email')?.toLowerCase();
  if (author === undefined || committer === undefined || author === committer) return false;
  return textAt(commit, 'committer', 'username') !== 'web-flow' && !committer.startsWith('noreply@');
}

/** The time of the push by GitHub's clock, which is seconds since 1970 in a push and RFC 3339 elsewhere. */
function pushTimeOf(payload: JsonObject): string | null {
  const seconds = numberAt(payload, 'repository', 'pushed_at');
  return seconds === null ? timeAt(payload, 'repository', 'pushed_at') : timeOfMillis(seconds * 1000);
}

/**
 * When a commit reached the branch: the time of the push. If the commit was made later, the time of the push is out of
 * date and the commit's time is used, unless the author's clock is ahead.
 */
function timeOf(commit: unknown, pushedAt: string | null, { receivedAt }: ToolContext): string | null {
  const committedAt = timeAt(commit, 'timestamp');
  if (committedAt === null || pushedAt === null) return committedAt ?? pushedAt;
  return committedAt > pushedAt && Date.parse(committedAt) <= receivedAt ? committedAt : pushedAt;
}

// ---- deployments ---------------------------------------------------------------------------------------

function readDeploymentStatus(
  payload: JsonObject,
  request: ToolRequest,
  context: ToolContext,
): ParsedRequest {
  const status =
    objectOf(valueAt(payload, 'deployment_status')) ?? fail('The payload holds no deployment_status.');
  const deployment = objectOf(valueAt(payload, 'deployment')) ?? fail('The payload holds no deployment.');
  if (textAt(status, 'state') !== 'success' || valueAt(deployment, 'transient_environment') === true)
    return { events: [] };
  const repository = repositoryOf(payload, request);
  const rollout = numberAt(deployment, 'id') ?? fail('The deployment has no id.');
  const change = identity('The commit', textAt(deployment, 'sha') ?? fail('The deployment names no commit.'));
  const time = timeAt(status, 'created_at') ?? fail('The status of the deployment has no time.');
  // A status may move its deployment to another environment.
  const environment =
    textAt(status, 'environment') ??
    textAt(deployment, 'environment') ??
    fail('The deployment names no environment.');
  const kind = valueAt(deployment, 'production_environment') === true ? 'production' : null;
  const exposed = exposedBy(request, context, repository, {
    environment,
    kind,
    service: serviceNamedBy(deployment),
  });
  return {
    events: exposed.map(({ found, environment }) => ({
      type: 'change_exposed',
      service: found.name,
      change,
      environment,
      rollout: String(rollout),
      weight: 100,
      time,
      id: `deployment/${rollout}/${time}/${environment}/${found.name}`,
      source: repository.url,
      ...describe({
        url: textAt(status, 'log_url') ?? textAt(status, 'target_url'),
        actor: textAt(deployment, 'creator', 'login'),
      }),
    })),
    ...unknownServicesAmong(exposed.map(({ found }) => found)),
  };
}

/** The service in the deployment's `payload`, which its creator fills in: an object, or a text that may be JSON. */
function serviceNamedBy(deployment: JsonObject): string | null {
  const payload = valueAt(deployment, 'payload');
  if (typeof payload !== 'string') return textAt(payload, 'service');
  try {
    return textAt(JSON.parse(payload), 'service');
  } catch {
    return null;
  }
}
