import { hash } from 'node:crypto';
import type { FoundService } from '../../../../domain/catalogue/lookup.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { parseTime } from '../../../../domain/events/time.ts';
import { exposedBy, isDeployed, pathOf, type Repository, servicesOfCode } from '../parsing/code-host.ts';
import { describe, identity, lengths, unknownServicesAmong } from '../parsing/event-fields.ts';
import {
  type JsonObject,
  listAt,
  numberAt,
  objectIn,
  objectOf,
  textAt,
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
 * GitLab's webhooks, of a project, a group or the instance. A merge request is a change (`group/project!42`), and the
 * commit that it became is the artifact. `docs/integrations/gitlab.md` lists what is reported.
 * @see https://docs.gitlab.com/user/project/integrations/webhook_events/
 */
export const gitlab: Source = {
  tool: 'gitlab',
  scheme: 'gitlab',
  parse: (request, context) => {
    const payload = objectIn(request.body);
    // X-Gitlab-Event does not help: it is `System Hook` for every system hook.
    switch (textAt(payload, 'object_kind')) {
      case 'merge_request':
        return readMergeRequest(payload, request, context);
      case 'push':
        return readPush(payload, request, context);
      case 'deployment':
        return readDeployment(payload, request, context);
      case 'feature_flag':
        return readFeatureFlag(payload, request, context);
      case null:
        if (textAt(payload, 'event_name') !== null) return { events: [] };
        return fail('The payload has no object_kind; send it without a custom webhook template.');
      default:
        return { events: [] };
    }
  },
};

function repositoryOf(payload: JsonObject, { headers }: ToolRequest): Repository {
  const path = pathOf(textAt(payload, 'project', 'path_with_namespace'));
  const page = URL.parse(textAt(payload, 'project', 'web_url') ?? headers['x-gitlab-instance'] ?? '');
  return {
    path,
    url: identity('The address of the project', `https://${page?.host || 'gitlab.com'}/${path}`, lengths.id),
    defaultBranch: textAt(payload, 'project', 'default_branch'),
  };
}

/** A time as RFC 3339, `2026-11-20 13:55:02 UTC` or `2026-11-20 15:12:31 +0100`, returned in UTC. */
function timeAt(value: unknown, field: string): string | null {
  const text = textAt(value, field)?.trim() ?? '';
  const [, day, clock, hours, minutes] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?) (?:UTC|([+-]\d\d):?(\d\d))$/.exec(text) ?? [];
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  const at = parseTime(day === undefined ? text : `${day}T${clock}${zone}`);
  return at === null ? null : timeOfMillis(at);
}

function integerAt(value: unknown, field: string): number | null {
  const number = numberAt(value, field);
  return number !== null && Number.isSafeInteger(number) ? number : null;
}

// ---- merge requests ------------------------------------------------------------------------------------

function readMergeRequest(payload: JsonObject, request: ToolRequest, context: ToolContext): ParsedRequest {
  const fields = objectOf(valueAt(payload, 'object_attributes')) ?? {};
  const action = textAt(fields, 'action');
  if (action !== 'open' && action !== 'reopen' && action !== 'merge') return { events: [] };
  const repository = repositoryOf(payload, request);
  const iid = integerAt(fields, 'iid') ?? fail('The merge request has no iid.');
  const mergeRequest: MergeRequest = {
    fields,
    id: `merge_request/${iid}`,
    change: identity('The merge request', `${repository.path}!${iid}`),
    source: repository.url,
  };
  const services = servicesOfCode(request, context, repository)(null);
  if (action !== 'merge')
    return { events: services.map(found => created(mergeRequest, found)), ...unknownServicesAmong(services) };
  const target = textAt(fields, 'target_branch') ?? fail(`${mergeRequest.change} names no target branch.`);
  const deployed = services.filter(found => isDeployed(found, repository, target));
  return {
    events: deployed.flatMap(found => [created(mergeRequest, found), merged(mergeRequest, found, payload)]),
    ...unknownServicesAmong(deployed),
  };
}

interface MergeRequest {
  readonly fields: JsonObject;
  /** Prefix of the ids of its events. */
  readonly id: string;
  readonly change: string;
  readonly source: string;
}

/** Has only fields that never change, so that every delivery gives the same event. */
function created({ fields, id, change, source }: MergeRequest, { name }: FoundService): SentEvent {
  const time = timeAt(fields, 'created_at') ?? fail(`${change} does not say when it was created.`);
  return { type: 'change_created', service: name, change, time, id: `${id}/created/${time}/${name}`, source };
}

function merged(
  { fields, id, change, source }: MergeRequest,
  { name }: FoundService,
  payload: JsonObject,
): SentEvent {
  // The hook has no time of the merge; the merge is the latest update.
  const time = timeAt(fields, 'updated_at') ?? fail(`${change} does not say when it was merged.`);
  const title = textAt(fields, 'title');
  // A fast-forward makes no merge commit: the merged commit is the head of the branch, unless it was squashed.
  const sha =
    textAt(fields, 'merge_commit_sha') ??
    textAt(fields, 'squash_commit_sha') ??
    textAt(valueAt(fields, 'last_commit'), 'id');
  return {
    type: 'change_merged',
    service: name,
    change,
    ...(sha !== null && { artifact: identity('The merged commit', sha) }),
    time,
    id: `${id}/merged/${time}/${sha ?? ''}/${name}`,
    source,
    ...(isRework(fields, payload, title) && { rework: true }),
    ...describe({ title, url: textAt(fields, 'url'), actor: textAt(payload, 'user', 'username') }),
  };
}

function isRework(fields: JsonObject, payload: JsonObject, title: string | null): boolean {
  return (
    isRevert(title ?? '') ||
    /^This reverts (?:merge request|commit) /m.test(textAt(fields, 'description') ?? '') ||
    [...listAt(fields, 'labels'), ...listAt(payload, 'labels')].some(
      label => textAt(label, 'title')?.toLowerCase() === 'hotfix',
    )
  );
}

// ---- pushes --------------------------------------------------------------------------------------------

function readPush(payload: JsonObject, request: ToolRequest, context: ToolContext): ParsedRequest {
  const ref = textAt(payload, 'ref') ?? fail('The push names no ref.');
  const commits = listAt(payload, 'commits');
  if (!ref.startsWith('refs/heads/') || commits.length === 0) return { events: [] };
  const repository = repositoryOf(payload, request);
  const branch = ref.slice('refs/heads/'.length);
  const head = textAt(payload, 'after') ?? fail('The push does not say what the branch holds now.');
  const mergeRequests = commits.map(commit => mergeRequestIn(textAt(commit, 'message') ?? '', repository));
  const lastWithRequest = mergeRequests.findLastIndex(iid => iid !== null);
  // Fast-forwards, which are common in GitLab, do not name their merge request, so direct pushes count only on demand.
  const countsDirect = countsDirectPushes(request, false);
  const time = pushTimeOf(commits, context);
  const pushed = commits.map((commit, index): Commit => {
    const sha = textAt(commit, 'id') ?? fail('A commit of the push has no id.');
    return {
      sha,
      message: textAt(commit, 'message') ?? '',
      files: changedFilesOf(commit),
      time: time ?? fail('No commit of the push says when it was made.'),
      isDirect: countsDirect && index > lastWithRequest,
      url: textAt(commit, 'url'),
      actor: textAt(commit, 'author', 'name'),
    };
  });
  const direct = mergedByPush(request, context, { repository, branch, head, commits: pushed });
  const servicesOf = servicesOfCode(request, context, repository);
  const services = servicesOf(null).filter(found => isDeployed(found, repository, branch));
  const merged = pushed.flatMap(({ sha }, index) => {
    const iid = mergeRequests[index] ?? null;
    return iid === null ? [] : services.map(found => mergedAs(repository, iid, sha, found));
  });
  return {
    ...(merged.length > 0 ? unknownServicesAmong(services) : direct),
    events: [...merged, ...direct.events],
  };
}

/**
 * The merge request that a commit message names by GitLab's templates: `See merge request group/project!42` or with its
 * address, on a line of its own, or `(!42)` at the end of the title.
 */
function mergeRequestIn(message: string, { path }: Repository): string | null {
  const [, project, iid] = mentions.exec(message) ?? reference.exec(titleOf(message).slice(-500)) ?? [];
  if (iid === undefined || (project !== undefined && project.toLowerCase() !== path.toLowerCase()))
    return null;
  return iid;
}

const mentions =
  /^See merge request (?:https?:\/\/[^\s/]{1,255}\/)?([\w./-]{1,400}?)?(?:!|\/-\/merge_requests\/)(\d{1,15})[ \t\r]*$/m;
const reference = /\(([\w./-]{1,400})?!(\d{1,15})\)$/;

/**
 * The commit that a merge request became, which its own hook may not have. The event has no time: the times in a push are
 * those of the commits, which may precede the merge, and the earliest reported time of a merge counts.
 */
function mergedAs({ path, url }: Repository, iid: string, sha: string, { name }: FoundService): SentEvent {
  return {
    type: 'change_merged',
    service: name,
    change: identity('The merge request', `${path}!${iid}`),
    artifact: identity('The commit', sha),
    id: `merge_request/${iid}/became/${sha}/${name}`,
    source: url,
  };
}

/** A push has no time: that of its newest commit, without the commits of a clock that is ahead of ours. */
function pushTimeOf(commits: readonly unknown[], { receivedAt }: ToolContext): string | null {
  const times = commits.flatMap(commit => timeAt(commit, 'timestamp') ?? []).toSorted();
  return times.findLast(time => Date.parse(time) <= receivedAt) ?? times[0] ?? null;
}

// ---- deployments ---------------------------------------------------------------------------------------

function readDeployment(payload: JsonObject, request: ToolRequest, context: ToolContext): ParsedRequest {
  if (textAt(payload, 'status') !== 'success') return { events: [] };
  const repository = repositoryOf(payload, request);
  const rollout = integerAt(payload, 'deployment_id') ?? fail('The deployment has no deployment_id.');
  const time = timeAt(payload, 'status_changed_at') ?? fail('The deployment has no status_changed_at.');
  const environment = textAt(payload, 'environment') ?? fail('The deployment names no environment.');
  const change = commitOf(payload) ?? fail('The deployment has no commit_url with a whole commit SHA.');
  const tier = textAt(payload, 'environment_tier');
  const kind = tier === 'other' ? null : tier;
  const exposed = exposedBy(request, context, repository, { environment, kind, service: null });
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
        title: textAt(payload, 'commit_title'),
        url: textAt(payload, 'deployable_url'),
        actor: textAt(payload, 'user', 'username'),
      }),
    })),
    ...unknownServicesAmong(exposed.map(({ found }) => found)),
  };
}

/** The whole SHA, which only the commit's address has; `short_sha` has eight digits. */
function commitOf(payload: JsonObject): string | null {
  const path = textAt(payload, 'commit_url')?.slice(-200) ?? '';
  return /\/commit\/([0-9a-f]{40}(?:[0-9a-f]{24})?)$/.exec(path)?.[1] ?? null;
}

// ---- feature flags -------------------------------------------------------------------------------------

function readFeatureFlag(payload: JsonObject, request: ToolRequest, context: ToolContext): ParsedRequest {
  const repository = repositoryOf(payload, request);
  const flag = identity('The flag', textAt(payload, 'object_attributes', 'name') ?? '');
  const active = valueAt(payload, 'object_attributes', 'active');
  if (typeof active !== 'boolean') return fail('The hook does not say whether the flag is active.');
  const services = servicesOfCode(request, context, repository)(null);
  const [first, ...others] = services;
  const isSingle = first !== undefined && others.length === 0;
  const event: SentEvent = {
    type: 'flag_changed',
    ...(isSingle && { service: first.name }),
    flag,
    variant: active ? 'on' : 'off',
    // The payload has no time, and the time of receipt would make a repeated delivery another event.
    id: identity('The id of the request', `feature_flag/${deliveryOf(request)}`, lengths.id),
    source: repository.url,
    ...describe({ actor: textAt(payload, 'user', 'username') }),
  };
  return { events: [event], ...(isSingle ? unknownServicesAmong(services) : {}) };
}

/** An id that a repeated delivery has again; without it, two changes of a flag would look alike. */
function deliveryOf({ headers, body }: ToolRequest): string {
  const key = headers['idempotency-key'] ?? headers['webhook-id'];
  const uuids = [headers['x-gitlab-event-uuid'], headers['x-gitlab-webhook-uuid']].filter(Boolean);
  return key || uuids.join('/') || hash('sha256', body);
}
