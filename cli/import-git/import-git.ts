import type { SentEvent } from '../../domain/events/event.ts';
import { Batcher } from './batches.ts';
import { eventsOf, type Plan, revertsOf } from './events.ts';
import { commitsWithParents, mainlineCommits, revertMessages } from './history.ts';
import { Notes } from './notes.ts';
import type { Progress } from './progress.ts';
import { releasesOf } from './releases.ts';
import { openRepository, type Repository } from './repository.ts';
import { releaseTags, type TagPattern } from './tags.ts';
import { firstParentHistory } from './walk.ts';

/** What to read, and how to name it. */
export interface ImportRequest {
  readonly path: string;
  readonly branch: string | undefined;
  readonly service: string | undefined;
  readonly environment: string;
  readonly team: string | undefined;
  readonly tags: TagPattern;
  /** Whether reverts mark rollouts as rolled back. */
  readonly reverts: boolean;
  /** Milliseconds: what is older is left out. */
  readonly sinceMs: number | undefined;
  readonly nowMs: number;
}

/** A repository that has been read, ready to be sent. */
export interface Import {
  readonly repository: Repository;
  readonly plan: Plan;
  readonly notes: Notes;
  /** First-parent commits to send. */
  readonly mainline: number;
  /** First-parent commits whose commit time is before that of the one before them. */
  readonly outOfOrder: number;
}

/** How many events of each kind came out. */
export interface Counts {
  events: number;
  changes: number;
  releases: number;
  rework: number;
  /** Rollouts that were rolled back. */
  rolledBack: number;
  requests: number;
}

/** Takes the events of one request. */
export type Sink = (body: string, events: readonly SentEvent[]) => Promise<void>;

/** Reads what the events need to know of the whole history; the events themselves come later, one by one. */
export async function readImport(request: ImportRequest): Promise<Import> {
  const notes = new Notes();
  const repository = await openRepository(request.path, request.branch);
  const tags = await releaseTags(repository.git, request.tags, notes);
  const tagged = new Set(tags.map(tag => tag.commit));
  // Git looks for reverts while it puts the commits in order, which takes it about as long.
  const reverting = request.reverts ? revertMessages(repository) : Promise.resolve([]);
  const wanted = reverting.then(
    messages => new Set(messages.flatMap(({ sha, reverted }) => [sha, ...reverted])),
  );
  wanted.catch(() => {}); // the walk throws it, unless it fails before it asks
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

/** While the server stores, it takes in what it stores next, and we read on. */
export const requestsAtOnce = 2;

/**
 * Makes the events and hands them on in batches, oldest first, up to {@link requestsAtOnce} at once.
 * @throws what the sink threw first; batches that are under way then may still arrive
 */
export async function sendImport(
  { repository, plan, notes, mainline }: Import,
  sink: Sink,
  progress: Progress,
): Promise<Counts> {
  const counts: Counts = { events: 0, changes: 0, releases: 0, rework: 0, rolledBack: 0, requests: 0 };
  const rolledBack = new Set<string>();
  const batcher = new Batcher();
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const send = async (batch: ReturnType<Batcher['take']>): Promise<void> => {
    if (batch === null) return;
    counts.requests += 1;
    const sending = sink(batch.body, batch.events)
      .catch(error => void failures.push(error))
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
    if (underWay.size >= requestsAtOnce) await Promise.race(underWay);
    if (failures.length > 0) throw failures[0];
  };
  if (mainline > 0)
    for await (const { position, events } of eventsOf(plan, mainlineCommits(repository, mainline), notes)) {
      for (const event of events) {
        await send(batcher.add(event));
        count(event, counts, rolledBack);
      }
      progress.update(position - plan.first + 1);
    }
  await send(batcher.take());
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
  return { ...counts, rolledBack: rolledBack.size };
}

/**
 * The oldest position to send: what went out with a release before `sinceMs` is left out whole, so that the first
 * release that is sent comes with all of its changes.
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

function count(event: SentEvent, counts: Counts, rolledBack: Set<string>): void {
  counts.events += 1;
  if (event.type === 'change_merged') {
    counts.changes += 1;
    if (event.rework) counts.rework += 1;
  }
  // A large release comes in parts.
  if (event.type === 'change_exposed' && event.id?.endsWith('#1')) counts.releases += 1;
  if (event.type === 'change_rolled_back' && event.rollout !== undefined) rolledBack.add(event.rollout);
}
