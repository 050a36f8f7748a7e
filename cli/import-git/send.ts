import type { SentEvent } from '../../domain/events/event.ts';
import { Batcher } from './batches.ts';
import { eventsOf } from './events.ts';
import { mainlineCommits } from './git-log.ts';
import type { Progress } from './progress.ts';
import type { Import } from './read.ts';

/** The numbers for the summary. */
export interface Counts {
  events: number;
  changes: number;
  releases: number;
  rework: number;
  /** Rollouts that were rolled back. */
  rolledBack: number;
  requests: number;
}

/** Sends or prints the events of one request. */
export type Sink = (body: string, events: readonly SentEvent[]) => Promise<void>;

/** With two requests, the server receives the next events while it stores the others. */
export const requestsAtOnce = 2;

/**
 * Makes the events and passes them to the sink in batches, oldest first, up to {@link requestsAtOnce} at once.
 * @throws the first error of the sink; another batch may be under way at that time
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

function count(event: SentEvent, counts: Counts, rolledBack: Set<string>): void {
  counts.events += 1;
  if (event.type === 'change_merged') {
    counts.changes += 1;
    if (event.rework) counts.rework += 1;
  }
  // A large release has several events; the id of the first ends with #1.
  if (event.type === 'change_exposed' && event.id?.endsWith('#1')) counts.releases += 1;
  if (event.type === 'change_rolled_back' && event.rollout !== undefined) rolledBack.add(event.rollout);
}
