import type { FoundService } from '../../../../domain/catalogue/lookup.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { fail, type ParsedRequest, type ToolContext, type ToolRequest } from '../source.ts';
import { isDeployed, type Repository, type ServicesOf, servicesOfCode } from './code-host.ts';
import { describe, identity, unknownServicesAmong } from './event-fields.ts';
import { valueAt } from './json.ts';

/**
 * The changes that a push to a deployed branch merges. In a monorepo, every commit that changes a file of a service is a
 * change of this service, and pushes are the only source of changes. A service with a repository of its own gets its
 * changes from pull and merge requests, and from pushes only the commits without such a request.
 */

export interface Commit {
  readonly sha: string;
  readonly message: string;
  /** Paths that it adds, modifies or removes; null if not reported. */
  readonly files: readonly string[] | null;
  /** When it reached the branch, RFC 3339. */
  readonly time: string;
  /** Whether it has no pull or merge request, as far as the push shows. */
  readonly isDirect: boolean;
  readonly url: string | null;
  readonly actor: string | null;
}

export interface Push {
  readonly repository: Repository;
  readonly branch: string;
  /** The latest commit of the branch, which will be deployed. */
  readonly head: string;
  /** Oldest first. */
  readonly commits: readonly Commit[];
}

/** @throws {Unmappable} if a commit cannot be assigned to a service */
export function mergedByPush(request: ToolRequest, context: ToolContext, push: Push): ParsedRequest {
  const servicesOf = servicesOfCode(request, context, push.repository);
  const merges = push.commits.flatMap(commit =>
    servicesOfCommit(servicesOf, push, commit).map(found => ({ commit, found })),
  );
  const counted = [...Map.groupBy(merges, ({ found }) => found.name).values()].flatMap(withoutMergeCommits);
  return {
    events: counted.map(({ commit, found }) => merged(push, commit, found)),
    ...unknownServicesAmong(counted.map(({ found }) => found)),
  };
}

/** A commit that changes a service. */
interface ServiceCommit {
  readonly commit: Commit;
  readonly found: FoundService;
}

function servicesOfCommit(
  servicesOf: ServicesOf,
  { repository, branch }: Push,
  commit: Commit,
): readonly FoundService[] {
  // Without a list of files, the services of a monorepo cannot be assigned.
  if (commit.files === null && servicesOf(null).length === 0)
    return fail(
      'The push does not say which files its commits touch, and the services of its repository have paths.',
    );
  return servicesOf(commit.files ?? []).filter(
    found => isDeployed(found, repository, branch) && (isPart(found) || commit.isDirect),
  );
}

/** Leaves out merge commits, which repeat the files of their commits, unless there is nothing else. */
function withoutMergeCommits(commits: readonly ServiceCommit[]): readonly ServiceCommit[] {
  const others = commits.filter(({ commit, found }) => !isPart(found) || !mergeTitle.test(commit.message));
  return others.length > 0 ? others : commits;
}

const isPart = ({ entry }: FoundService) => entry !== null && entry.paths.length > 0;
const mergeTitle = /^Merge (pull request|branch|remote-tracking branch|commit|tag) /;

function merged({ repository, head }: Push, commit: Commit, { name }: FoundService): SentEvent {
  const { sha, time, message } = commit;
  const title = titleOf(message);
  return {
    type: 'change_merged',
    service: name,
    change: identity('The commit', sha),
    // The head of the push is what is deployed, and it contains the commits before it.
    ...(sha !== head && { artifact: identity('The commit', head) }),
    time,
    // With the time in the id, a second push of a commit is another event, and the earlier time counts.
    id: `push/${sha}/${time}/${name}`,
    source: repository.url,
    ...(isRevert(title) && { rework: true }),
    ...describe({ title, url: commit.url, actor: commit.actor }),
  };
}

/** The first line of a commit's message. */
export function titleOf(message: string): string {
  const end = message.search(/[\r\n]/);
  return (end < 0 ? message : message.slice(0, end)).trimEnd();
}

/** Whether a title is the one that Git, GitHub and GitLab give to the revert of a change. */
export const isRevert = (title: string) => title.startsWith('Revert "');

/** Whether commits without a pull or merge request count as changes: `?pushes=direct` or `none`. */
export function countsDirectPushes({ query }: ToolRequest, byDefault: boolean): boolean {
  switch (query['pushes']) {
    case undefined:
      return byDefault;
    case 'direct':
      return true;
    case 'none':
      return false;
    default:
      return fail("?pushes= of the webhook's address must be direct or none.");
  }
}

/** The files of a commit, in the form that GitHub and GitLab share; null if not reported. */
export function changedFilesOf(commit: unknown): readonly string[] | null {
  const lists = ['added', 'modified', 'removed'].map(name => valueAt(commit, name));
  if (!lists.some(Array.isArray)) return null;
  return lists.flat().filter(file => typeof file === 'string');
}
