import type { Plan } from './events.ts';
import { firstParentHistory } from './first-parents.ts';
import { commitsWithParents, revertMessages } from './git-log.ts';
import { Notes } from './notes.ts';
import { releasesOf } from './releases.ts';
import { openRepository, type Repository } from './repository.ts';
import { revertsOf } from './reverts.ts';
import { releaseTags, type TagPattern } from './tags.ts';

/** Which history to read, and the names in its events. */
export interface ImportRequest {
  readonly path: string;
  readonly branch: string | undefined;
  readonly service: string | undefined;
  readonly environment: string;
  readonly team: string | undefined;
  readonly tags: TagPattern;
  /** Whether reverts mark rollouts as rolled back. */
  readonly reverts: boolean;
  /** Releases before this time are left out, in milliseconds. */
  readonly sinceMs: number | undefined;
  readonly nowMs: number;
}

/** A repository that has been read, ready to be sent. */
export interface Import {
  readonly repository: Repository;
  readonly plan: Plan;
  readonly notes: Notes;
  /** The number of first-parent commits to send. */
  readonly mainline: number;
  /** The number of first-parent commits whose commit time is before that of their predecessor. */
  readonly outOfOrder: number;
}

/** Reads what the events need from the whole history. The events themselves are made later, one by one. */
export async function readImport(request: ImportRequest): Promise<Import> {
  const notes = new Notes();
  const repository = await openRepository(request.path, request.branch);
  const tags = await releaseTags(repository.git, request.tags, notes);
  const tagged = new Set(tags.map(tag => tag.commit));
  // Two git processes at once: the search for reverts takes about as long as sorting the commits.
  const reverting = request.reverts ? revertMessages(repository) : Promise.resolve([]);
  const wanted = reverting.then(
    messages => new Set(messages.flatMap(({ sha, reverted }) => [sha, ...reverted])),
  );
  wanted.catch(() => {}); // firstParentHistory throws the error, unless it fails earlier
  const history = await firstParentHistory(
    commitsWithParents(repository, tags),
    repository.tip,
    tagged,
    wanted,
  );
  const releases = releasesOf(tags, history, request.nowMs, notes);
  const { mergedMs } = history;
  const first = request.sinceMs === undefined ? 0 : firstPosition(request.sinceMs, mergedMs, releases, notes);
  const plan: Plan = {
    service: request.service ?? repository.name,
    environment: request.environment,
    team: request.team,
    history,
    releases,
    reverts: revertsOf(await reverting, history, notes),
    first,
    nowMs: request.nowMs,
  };
  return {
    repository,
    plan,
    notes,
    mainline: mergedMs.length - first,
    outOfOrder: mergedMs.filter((at, position) => at < (mergedMs[position - 1] ?? at)).length,
  };
}

/**
 * The oldest position to send. Releases before `sinceMs` are left out with all their changes, so that the first release
 * that is sent has all of its changes.
 */
function firstPosition(
  sinceMs: number,
  mergedMs: readonly number[],
  releases: Plan['releases'],
  notes: Notes,
): number {
  const before = releases.filter(release => release.exposedMs < sinceMs);
  for (const release of before) notes.add('tags from before --since, left out', release.tag);
  const last = before.at(-1);
  if (last !== undefined) return last.position + 1;
  const recent = mergedMs.findIndex(at => at >= sinceMs);
  return Math.min(recent === -1 ? mergedMs.length : recent, releases[0]?.position ?? mergedMs.length);
}
