import type { SentEvent } from '../../domain/events/event.ts';
import { formatTime } from '../../domain/events/time.ts';
import type { History } from './first-parents.ts';
import { shortSha } from './git.ts';
import type { Notes } from './notes.ts';
import { earliestMs, type Release, releaseCarrying } from './releases.ts';
import type { Revert } from './reverts.ts';

/** A first-parent commit: a change. */
export interface MainlineCommit {
  readonly sha: string;
  readonly subject: string;
}

/** What the events of an import are made from. */
export interface Plan {
  readonly service: string;
  readonly environment: string;
  readonly team: string | undefined;
  readonly history: History;
  readonly releases: readonly Release[];
  /** By the position of the first-parent commit that brought the revert in. */
  readonly reverts: ReadonlyMap<number, readonly Revert[]>;
  /** The position of the oldest change to send. */
  readonly first: number;
  readonly nowMs: number;
}

/** The most changes that one event names; the server accepts 1,000. */
const namesMax = 500;
const titleMax = 200;
const reasonMax = 2000;

/**
 * The events of the branch, oldest first: a change comes before the rollout that names it, and a rollout before its
 * rollback. Id, source and time depend on the repository only, so that a second import sends the same events.
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
  const mergedMs = history.mergedMs[position] ?? 0;
  if (mergedMs < earliestMs) {
    notes.add('commits from before the year 2000, which cannot be sent, left out', shortSha(sha));
    return [];
  }
  if (mergedMs > nowMs) {
    notes.add('commits dated in the future, left out', shortSha(sha));
    return [];
  }
  const createdMs = history.createdMs[position] ?? 0;
  const isCreatedKnown = createdMs >= earliestMs && createdMs <= nowMs;
  if (!isCreatedKnown)
    notes.add(
      'author times before the year 2000 or in the future, which cannot be sent, left out',
      shortSha(sha),
    );

  const title = titleOf(commit.subject);
  const shared = {
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
    ...shared,
  };
  const merged: SentEvent = {
    type: 'change_merged',
    id: `merged:${sha}`,
    time: formatTime(mergedMs),
    ...shared,
    ...(plan.reverts.has(position) ? { rework: true } : {}),
  };
  return isCreatedKnown ? [created, merged] : [merged];
}

function exposure(plan: Plan, release: Release, part: number, changes: string[]): SentEvent {
  return {
    type: 'change_exposed',
    id: `exposed:${plan.environment}:${release.tag}#${part}`,
    ...rolloutFields(plan, release),
    rollout: release.tag,
    strategy: 'direct',
    changes,
  };
}

/** The rollbacks of the rollouts whose changes this release reverts. */
function rollbacks(plan: Plan, release: Release, notes: Notes): SentEvent[] {
  const byRollout = new Map<string, { by: string; reasons: string[] }[]>();
  for (let position = release.oldest; position <= release.position; position++) {
    for (const revert of plan.reverts.get(position) ?? []) {
      const target = releaseCarrying(plan.releases, revert.revertedPosition);
      if (target === null || target.position < plan.first)
        notes.add('reverts of a change that no imported release carried', shortSha(revert.by));
      else if (target.tag === release.tag)
        notes.add('reverts within one release, which mark no rollout', shortSha(revert.by));
      else addReason(byRollout, target.tag, revert);
    }
  }
  return [...byRollout].flatMap(([rollout, reverts]) =>
    reverts.map(({ by, reasons }) => ({
      type: 'change_rolled_back' as const,
      id: `rolled_back:${plan.environment}:${rollout}:${by}`,
      ...rolloutFields(plan, release),
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

function rolloutFields(plan: Plan, release: Release) {
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

/** The title of a change: the subject of its commit, shortened and without control characters. */
export function titleOf(subject: string): string {
  const clean = subject.replace(/\p{Cc}+/gu, ' ').trim();
  return [...clean].slice(0, titleMax).join('');
}
