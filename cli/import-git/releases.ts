import type { History } from './first-parents.ts';
import type { Notes } from './notes.ts';
import type { ReleaseTag } from './tags.ts';

/** A release of the branch: one rollout. */
export interface Release {
  readonly tag: string;
  /** The position of its newest first-parent commit. */
  readonly position: number;
  /** The position of the oldest first-parent commit that it names. */
  readonly oldest: number;
  readonly exposedMs: number;
}

interface Candidate {
  readonly tag: string;
  readonly position: number;
  readonly exposedMs: number;
}

/** The server accepts no event with an earlier time. */
export const earliestMs = Date.UTC(2000, 0, 1);

/**
 * The releases in the order of their times, which is also their order on the branch: a tag that is not ahead of every
 * earlier one (a backport, or the same commit again) is left out with a note. Each release names the commits since the
 * previous one. The first release names its newest commit only, because its older commits may have waited for years.
 */
export function releasesOf(
  tags: readonly ReleaseTag[],
  history: History,
  nowMs: number,
  notes: Notes,
): Release[] {
  const candidates = tags
    .flatMap(tag => candidateOf(tag, history, nowMs, notes))
    .sort((a, b) => a.exposedMs - b.exposedMs || a.position - b.position || (a.tag < b.tag ? -1 : 1));
  const releases: Release[] = [];
  for (const candidate of candidates) {
    const before = releases.at(-1);
    if (before === undefined) releases.push({ ...candidate, oldest: candidate.position });
    else if (candidate.position > before.position)
      releases.push({ ...candidate, oldest: before.position + 1 });
    else if (candidate.position === before.position)
      notes.add('tags without new commits on the branch, left out', `${candidate.tag} after ${before.tag}`);
    else
      notes.add(
        'tags that are behind an earlier one (backports), left out',
        `${candidate.tag} after ${before.tag}`,
      );
  }
  return releases;
}

/** The release that names the first-parent commit at `position`; null if there is none. */
export function releaseCarrying(releases: readonly Release[], position: number): Release | null {
  return releases.find(release => release.oldest <= position && position <= release.position) ?? null;
}

function candidateOf(tag: ReleaseTag, history: History, nowMs: number, notes: Notes): Candidate[] {
  const tagged = history.tagged.get(tag.commit);
  const position = tagged?.position ?? null;
  if (tagged === undefined || position === null) {
    notes.add('tags that share no history with the branch, left out', tag.name);
    return [];
  }
  const exposedMs = Math.max(tag.taggedMs ?? tagged.committedMs, history.mergedMs[position] ?? 0);
  if (exposedMs < earliestMs) {
    notes.add('tags from before the year 2000, which cannot be sent, left out', tag.name);
    return [];
  }
  // With the present as its time instead, a second import would send another event.
  if (exposedMs > nowMs) {
    notes.add('tags dated in the future, left out', tag.name);
    return [];
  }
  return [{ tag: tag.name, position, exposedMs }];
}
