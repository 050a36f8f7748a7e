import type { Notes } from './notes.ts';
import type { ReleaseTag } from './tags.ts';
import type { History } from './walk.ts';

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

/** Before this moment no event can be sent. */
export const earliestMs = Date.UTC(2000, 0, 1);

/**
 * The releases in the order in which they went out, which is also the order along the branch: a tag that is not ahead
 * of every earlier one brings nothing new to the branch (a backport, or the same commit again) and is noted.
 * Each names the commits since the release before it, the first its newest one only: what was never released before
 * must not appear as years of waiting.
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

/** The release that carries the first-parent commit at `position`: one that names it; null where none does. */
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
  const said = Math.max(tag.taggedMs ?? tagged.committedMs, history.mergedMs[position] ?? 0);
  if (said < earliestMs) {
    notes.add('tags from before the year 2000, which cannot be sent, left out', tag.name);
    return [];
  }
  // Any other time for it would be another event when the import is run again.
  if (said > nowMs) {
    notes.add('tags dated in the future, left out', tag.name);
    return [];
  }
  return [{ tag: tag.name, position, exposedMs: said }];
}
