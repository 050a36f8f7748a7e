import type { Found } from '../../../../domain/catalogue/catalogue.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';
import { describe, fail, identity, unknownAmong } from '../parsing/reading.ts';
import type { ParsedRequest, ToolContext, ToolRequest } from '../source.ts';
import { isDeployed, type Repository, type ServicesOf, servicesOfCode } from './code-host.ts';

/**
 * What a push to a deployed branch merges. A service of a monorepo learns its changes here and nowhere else: every
 * commit that touches its paths. A service with a repository of its own learns them from pull and merge requests,
 * and from here only what came without one.
 */

export interface Commit {
  readonly sha: string;
  readonly message: string;
  /** Paths that it adds, modifies or removes; null where that is not told. */
  readonly files: readonly string[] | null;
  /** When it reached the branch, RFC 3339. */
  readonly time: string;
  /** Whether it came without a pull or merge request, as far as can be told. */
  readonly isDirect: boolean;
  readonly url: string | null;
  readonly actor: string | null;
}

export interface Push {
  readonly repository: Repository;
  readonly branch: string;
  /** What the branch holds now, which is what will be deployed. */
  readonly head: string;
  /** The oldest first. */
  readonly commits: readonly Commit[];
}

/** @throws {Unmappable} */
export function mergedByPush(request: ToolRequest, context: ToolContext, push: Push): ParsedRequest {
  const servicesOf = servicesOfCode(request, context, push.repository);
  const touches = push.commits.flatMap(commit =>
    touchedBy(servicesOf, push, commit).map(found => ({ commit, found })),
  );
  const told = [...Map.groupBy(touches, ({ found }) => found.name).values()].flatMap(withoutMerges);
  return {
    events: told.map(({ commit, found }) => merged(push, commit, found)),
    ...unknownAmong(told.map(({ found }) => found)),
  };
}

interface Touch {
  readonly commit: Commit;
  readonly found: Found;
}

function touchedBy(servicesOf: ServicesOf, { repository, branch }: Push, commit: Commit): readonly Found[] {
  // Nobody's paths matter where nobody has any.
  if (commit.files === null && servicesOf(null).length === 0)
    return fail(
      'The push does not say which files its commits touch, and the services of its repository have paths.',
    );
  return servicesOf(commit.files ?? []).filter(
    found => isDeployed(found, repository, branch) && (isPart(found) || commit.isDirect),
  );
}

/** A merge commit is the sum of the commits that came with it: beside them it would be counted twice. */
function withoutMerges(own: readonly Touch[]): readonly Touch[] {
  const made = own.filter(({ commit, found }) => !isPart(found) || !mergeTitle.test(commit.message));
  return made.length > 0 ? made : own;
}

const isPart = ({ entry }: Found) => entry !== null && entry.paths.length > 0;
const mergeTitle = /^Merge (pull request|branch|remote-tracking branch|commit|tag) /;

function merged({ repository, head }: Push, commit: Commit, { name }: Found): SentEvent {
  const { sha, time, message } = commit;
  const title = titleOf(message);
  return {
    type: 'change_merged',
    service: name,
    change: identity('The commit', sha),
    // What is deployed after a push is its head, which holds the commits before it.
    ...(sha !== head && { artifact: identity('The commit', head) }),
    time,
    // The time is part of it: a commit may be pushed again, and then the earlier push counts.
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

/** Whether a title is the one that Git, GitHub and GitLab give to what takes another change back. */
export const isRevert = (title: string) => title.startsWith('Revert "');

/** Whether the commits of a push without a mark of a request count as changes: `?pushes=direct` or `none`. */
export function takesDirectPushes({ query }: ToolRequest, byDefault: boolean): boolean {
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
