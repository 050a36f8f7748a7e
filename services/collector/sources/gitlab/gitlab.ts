import { hash } from 'node:crypto';
import type { Found } from '../../../../domain/catalogue/catalogue.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { parseTime } from '../../../../domain/events/time.ts';
import { exposedBy, isDeployed, pathOf, type Repository, servicesOfCode } from '../code-host/code-host.ts';
import { type Commit, isRevert, mergedByPush, takesDirectPushes, titleOf } from '../code-host/pushes.ts';
import {
  describe,
  fail,
  identity,
  type JsonObject,
  lengths,
  listAt,
  numberAt,
  objectIn,
  objectOf,
  textAt,
  timeOfMillis,
  unknownAmong,
  valueAt,
} from '../parsing/reading.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';

/**
 * GitLab's webhooks, of a project, a group or the instance. The merge request is the change (`group/project!42`)
 * and the commit that it became its artifact. What is told, and what is not: `docs/integrations/gitlab.md`.
 * @see https://docs.gitlab.com/user/project/integrations/webhook_events/
 */
export const gitlab: Source = {
  tool: 'gitlab',
  scheme: 'gitlab',
  parse: (request, context) => {
    const payload = objectIn(request.body);
    // A system hook says `System Hook` in X-Gitlab-Event, whatever it is about.
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

/** RFC 3339, `2026-11-20 13:55:02 UTC` or `2026-11-20 15:12:31 +0100`; in UTC. */
function timeAt(value: unknown, field: string): string | null {
  const text = textAt(value, field)?.trim() ?? '';
  const [, day, clock, hours, minutes] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?) (?:UTC|([+-]\d\d):?(\d\d))$/.exec(text) ?? [];
  const zone = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  const at = parseTime(day === undefined ? text : `${day}T${clock}${zone}`);
  return at === null ? null : timeOfMillis(at);
}

function wholeAt(value: unknown, field: string): number | null {
  const number = numberAt(value, field);
  return number !== null && Number.isSafeInteger(number) ? number : null;
}

// ---- merge requests ------------------------------------------------------------------------------------

function readMergeRequest(payload: JsonObject, request: ToolRequest, context: ToolContext): ParsedRequest {
  const fields = objectOf(valueAt(payload, 'object_attributes')) ?? {};
  const action = textAt(fields, 'action');
  if (action !== 'open' && action !== 'reopen' && action !== 'merge') return { events: [] };
  const repository = repositoryOf(payload, request);
  const iid = wholeAt(fields, 'iid') ?? fail('The merge request has no iid.');
  const about: MergeRequest = {
    fields,
    id: `merge_request/${iid}`,
    change: identity('The merge request', `${repository.path}!${iid}`),
    source: repository.url,
  };
  const services = servicesOfCode(request, context, repository)(null);
  if (action !== 'merge')
    return { events: services.map(found => created(about, found)), ...unknownAmong(services) };
  const target = textAt(fields, 'target_branch') ?? fail(`${about.change} names no target branch.`);
  const concerned = services.filter(found => isDeployed(found, repository, target));
  return {
    events: concerned.flatMap(found => [created(about, found), merged(about, found, payload)]),
    ...unknownAmong(concerned),
  };
}

interface MergeRequest {
  readonly fields: JsonObject;
  /** Beginning of the ids of its events. */
  readonly id: string;
  readonly change: string;
  readonly source: string;
}

/** Says only what never changes, so that it is the same event whenever it is told. */
function created({ fields, id, change, source }: MergeRequest, { name }: Found): SentEvent {
  const time = timeAt(fields, 'created_at') ?? fail(`${change} does not say when it was created.`);
  return { type: 'change_created', service: name, change, time, id: `${id}/created/${time}/${name}`, source };
}

function merged(
  { fields, id, change, source }: MergeRequest,
  { name }: Found,
  payload: JsonObject,
): SentEvent {
  // There is no time of the merge; merging is what updated it.
  const time = timeAt(fields, 'updated_at') ?? fail(`${change} does not say when it was merged.`);
  const title = textAt(fields, 'title');
  // A fast-forward makes no commit: what is merged is the head of the branch, unless it was squashed.
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
    ...(isRepair(fields, payload, title) && { rework: true }),
    ...describe({ title, url: textAt(fields, 'url'), actor: textAt(payload, 'user', 'username') }),
  };
}

function isRepair(fields: JsonObject, payload: JsonObject, title: string | null): boolean {
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
  const marks = commits.map(commit => mergeRequestIn(textAt(commit, 'message') ?? '', repository));
  const lastOfRequest = marks.findLastIndex(iid => iid !== null);
  // A fast-forward leaves no mark, and is common here: only who says so pushes directly.
  const mayBeDirect = takesDirectPushes(request, false);
  const time = pushTimeOf(commits, context);
  const told = commits.map((commit, index): Commit => {
    const sha = textAt(commit, 'id') ?? fail('A commit of the push has no id.');
    return {
      sha,
      message: textAt(commit, 'message') ?? '',
      files: filesOf(commit),
      time: time ?? fail('No commit of the push says when it was made.'),
      isDirect: mayBeDirect && index > lastOfRequest,
      url: textAt(commit, 'url'),
      actor: textAt(commit, 'author', 'name'),
    };
  });
  const direct = mergedByPush(request, context, { repository, branch, head, commits: told });
  const wholes = servicesOfCode(
    request,
    context,
    repository,
  )(null).filter(found => isDeployed(found, repository, branch));
  const named = told.flatMap(({ sha }, index) => {
    const iid = marks[index];
    return iid === null || iid === undefined ? [] : wholes.map(found => became(repository, iid, sha, found));
  });
  return { events: [...named, ...direct.events], ...(named.length > 0 ? unknownAmong(wholes) : direct) };
}

/**
 * The merge request that a commit names as GitLab's templates do: `See merge request group/project!42`, or its
 * address, on a line of the message, or `(!42)` at the end of its title.
 */
function mergeRequestIn(message: string, { path }: Repository): string | null {
  const [, named, iid] = mentions.exec(message) ?? reference.exec(titleOf(message).slice(-500)) ?? [];
  if (iid === undefined || (named !== undefined && named.toLowerCase() !== path.toLowerCase())) return null;
  return iid;
}

const mentions =
  /^See merge request (?:https?:\/\/[^\s/]{1,255}\/)?([\w./-]{1,400}?)?(?:!|\/-\/merge_requests\/)(\d{1,15})[ \t\r]*$/m;
const reference = /\(([\w./-]{1,400})?!(\d{1,15})\)$/;

/**
 * The commit that a merge request became, where its own hook cannot tell. It has no time: those of a push are
 * its commits', which may have been made before the merge, and the earliest time of a merge counts.
 */
function became({ path, url }: Repository, iid: string, sha: string, { name }: Found): SentEvent {
  return {
    type: 'change_merged',
    service: name,
    change: identity('The merge request', `${path}!${iid}`),
    artifact: identity('The commit', sha),
    id: `merge_request/${iid}/became/${sha}/${name}`,
    source: url,
  };
}

function filesOf(commit: unknown): readonly string[] | null {
  const lists = ['added', 'modified', 'removed'].map(name => valueAt(commit, name));
  if (!lists.some(Array.isArray)) return null;
  return lists.flat().filter(file => typeof file === 'string');
}

/** A push has no time of its own: that of its newest commit, those aside that come from a clock ahead of ours. */
function pushTimeOf(commits: readonly unknown[], { receivedAt }: ToolContext): string | null {
  const times = commits.flatMap(commit => timeAt(commit, 'timestamp') ?? []).toSorted();
  return times.findLast(time => Date.parse(time) <= receivedAt) ?? times[0] ?? null;
}

// ---- deployments ---------------------------------------------------------------------------------------

function readDeployment(payload: JsonObject, request: ToolRequest, context: ToolContext): ParsedRequest {
  if (textAt(payload, 'status') !== 'success') return { events: [] };
  const repository = repositoryOf(payload, request);
  const rollout = wholeAt(payload, 'deployment_id') ?? fail('The deployment has no deployment_id.');
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
    ...unknownAmong(exposed.map(({ found }) => found)),
  };
}

/** `short_sha` has eight digits; the whole SHA stands in the address of the commit only. */
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
  const [only, ...others] = services;
  const isOne = only !== undefined && others.length === 0;
  const event: SentEvent = {
    type: 'flag_changed',
    ...(isOne && { service: only.name }),
    flag,
    variant: active ? 'on' : 'off',
    // No time: there is none in the payload, and with that of each receipt a repeat would be another event.
    id: identity('The id of the request', `feature_flag/${deliveryOf(request)}`, lengths.id),
    source: repository.url,
    ...describe({ actor: textAt(payload, 'user', 'username') }),
  };
  return { events: [event], ...(isOne ? unknownAmong(services) : {}) };
}

/** What GitLab sends again with a repeated delivery; two turns of a flag look alike otherwise. */
function deliveryOf({ headers, body }: ToolRequest): string {
  const key = headers['idempotency-key'] ?? headers['webhook-id'];
  const uuids = [headers['x-gitlab-event-uuid'], headers['x-gitlab-webhook-uuid']].filter(Boolean);
  return key || uuids.join('/') || hash('sha256', body);
}
