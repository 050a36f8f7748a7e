import type { SentEvent } from '../../domain/events/event.ts';
import { formatTime } from '../../domain/events/time.ts';
import type { Notes } from './notes.ts';
import { earliestMs, type Release, releaseCarrying } from './releases.ts';
import type { RevertMessage } from './reverts.ts';
import type { History } from './walk.ts';

/** A first-parent commit, as it is read for its events. */
export interface MainlineCommit {
  readonly sha: string;
  readonly subject: string;
}

/** What the import makes its events from. */
export interface Plan {
  readonly service: string;
  readonly environment: string;
  readonly team: string | undefined;
  readonly history: History;
  readonly releases: readonly Release[];
  /** By position of the first-parent commit that brought the revert in. */
  readonly reverts: ReadonlyMap<number, readonly Revert[]>;
  /** The position of the oldest change that is sent. */
  readonly first: number;
  readonly nowMs: number;
}

/** One change takes another one back. */
export interface Revert {
  /** The commit that reverts. */
  readonly by: string;
  /** The commit that its message names. */
  readonly reverted: string;
  readonly revertedPosition: number;
}

/** Names on one event; the server takes 1,000. */
const namesMax = 500;
const titleMax = 200;
const reasonMax = 2000;

/**
 * The reverts among the messages, by position. A revert within its own change (both in one pull request) is none.
 * @param messages of all commits of the branch
 */
export function revertsOf(
  messages: readonly RevertMessage[],
  history: History,
  notes: Notes,
): Map<number, Revert[]> {
  const reverts = new Map<number, Revert[]>();
  for (const { sha, reverted } of messages) {
    const position = history.positionOf(sha);
    if (position === null) continue;
    for (const name of reverted) {
      const revertedPosition = history.positionOf(name);
      if (revertedPosition === null)
        notes.add(
          'reverts of a commit that is not on the branch, not counted',
          `${short(sha)} of ${short(name)}`,
        );
      else if (revertedPosition < position)
        reverts.set(position, [
          ...(reverts.get(position) ?? []),
          { by: sha, reverted: name, revertedPosition },
        ]);
    }
  }
  return reverts;
}

/**
 * The events of the branch, oldest first: a change before the rollout that names it, a rollout before its rollback.
 * Identity, source and time come from the repository alone, so that a second import sends the same events.
 * @param commits the first-parent commits from `plan.first` on, oldest first
 */
export async function* eventsOf(
  plan: Plan,
  commits: AsyncIterable<MainlineCommit> | Iterable<MainlineCommit>,
  notes: Notes,
): AsyncGenerator<{ position: number; events: SentEvent[] }> {
  const shas: string[] = [];
  const releases = plan.releases.filter(release => release.position >= plan.first).values();
  let release = releases.next().value;
  let part = 1;
  let position = plan.first;
  for await (const commit of commits) {
    const events = changeEvents(plan, commit, position, notes);
    if (release !== undefined && release.oldest <= position) {
      shas.push(commit.sha);
      const complete = position === release.position;
      if (complete || shas.length === namesMax) {
        events.push(exposure(plan, release, part, shas.splice(0)));
        part += 1;
      }
      if (complete) {
        events.push(...rollbacks(plan, release, notes));
        release = releases.next().value;
        part = 1;
      }
    }
    yield { position, events };
    position += 1;
  }
}

function changeEvents(plan: Plan, commit: MainlineCommit, position: number, notes: Notes): SentEvent[] {
  const { history, nowMs } = plan;
  const { sha } = commit;
  const said = history.mergedMs[position] ?? 0;
  if (said < earliestMs) {
    notes.add('commits from before the year 2000, which cannot be sent, left out', short(sha));
    return [];
  }
  if (said > nowMs) {
    notes.add('commits dated in the future, left out', short(sha));
    return [];
  }
  const createdMs = history.createdMs[position] ?? 0;
  const createdKnown = createdMs >= earliestMs && createdMs <= nowMs;
  if (!createdKnown)
    notes.add(
      'author times before the year 2000 or in the future, which cannot be sent, left out',
      short(sha),
    );

  const title = titleOf(commit.subject);
  const about = {
    service: plan.service,
    change: sha,
    source: sourceOf(plan),
    ...(title === '' ? {} : { title }),
    ...(plan.team === undefined ? {} : { team: plan.team }),
  };
  const created: SentEvent = {
    type: 'change_created',
    id: `created:${sha}`,
    time: formatTime(createdMs),
    ...about,
  };
  const merged: SentEvent = {
    type: 'change_merged',
    id: `merged:${sha}`,
    time: formatTime(said),
    ...about,
    ...(plan.reverts.has(position) ? { rework: true } : {}),
  };
  return createdKnown ? [created, merged] : [merged];
}

function exposure(plan: Plan, release: Release, part: number, changes: string[]): SentEvent {
  return {
    type: 'change_exposed',
    id: `exposed:${plan.environment}:${release.tag}#${part}`,
    ...aboutRollout(plan, release),
    rollout: release.tag,
    strategy: 'direct',
    changes,
  };
}

/** The rollouts that the reverts in this release take back. */
function rollbacks(plan: Plan, release: Release, notes: Notes): SentEvent[] {
  const byRollout = new Map<string, { by: string; reasons: string[] }[]>();
  for (let position = release.oldest; position <= release.position; position++) {
    for (const revert of plan.reverts.get(position) ?? []) {
      const target = releaseCarrying(plan.releases, revert.revertedPosition);
      if (target === null || target.position < plan.first)
        notes.add('reverts of a change that no imported release carried', short(revert.by));
      else if (target.tag === release.tag)
        notes.add('reverts within one release, which mark no rollout', short(revert.by));
      else addReason(byRollout, target.tag, revert);
    }
  }
  return [...byRollout].flatMap(([rollout, reverts]) =>
    reverts.map(({ by, reasons }) => ({
      type: 'change_rolled_back' as const,
      id: `rolled_back:${plan.environment}:${rollout}:${by}`,
      ...aboutRollout(plan, release),
      rollout,
      cause: 'manual' as const,
      reason: reasons.join('; ').slice(0, reasonMax),
    })),
  );
}

function addReason(
  byRollout: Map<string, { by: string; reasons: string[] }[]>,
  rollout: string,
  { by, reverted }: Revert,
): void {
  const reverts = byRollout.get(rollout) ?? [];
  byRollout.set(rollout, reverts);
  const reason = `${reverted} was reverted by ${by}`;
  const known = reverts.find(revert => revert.by === by);
  if (known === undefined) reverts.push({ by, reasons: [reason] });
  else known.reasons.push(reason);
}

function aboutRollout(plan: Plan, release: Release) {
  return {
    service: plan.service,
    environment: plan.environment,
    source: sourceOf(plan),
    time: formatTime(release.exposedMs),
    ...(plan.team === undefined ? {} : { team: plan.team }),
  };
}

function sourceOf(plan: Plan): string {
  return `git:${plan.service}`;
}

/** A subject without control characters, cut to what fits on a line. */
export function titleOf(subject: string): string {
  const clean = subject.replace(/\p{Cc}+/gu, ' ').trim();
  return [...clean].slice(0, titleMax).join('');
}

export function short(sha: string): string {
  return sha.slice(0, 10);
}
