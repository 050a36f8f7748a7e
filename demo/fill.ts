import { identify } from '../domain/events/identity.ts';
import { type DemoMark, holdsEvents, readDemoMark, saveDemoMark } from '../store/schema/demo-mark.ts';
import type { Store } from '../store/schema/tables.ts';
import type { Invalidation } from '../store/write/change-notification.ts';
import { storeEvents as store } from '../store/write/store-events.ts';
import { servicesMax } from './story/company.ts';
import { plotAt, story } from './story/plot.ts';

/** The parameters of the demo's data. */
export interface DemoSize {
  readonly seed: number;
  /** The number of services, from 1 to 40. */
  readonly services: number;
  readonly weeks: number;
}

const defaultSize: DemoSize = { seed: 1, services: servicesMax, weeks: 52 };

export interface FillOptions extends Partial<DemoSize> {
  /** The end of the stored part of the story, in milliseconds since 1970. */
  readonly now: number;
  /** Default: an hour, as in the product. */
  readonly attributionWindowMs?: number;
  /** Called after each batch. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the work before the next batch. A later call continues. */
  readonly signal?: AbortSignal;
}

export interface Progress {
  /** The number of events stored by this call so far. */
  readonly stored: number;
  /** The share of the work that is done, from 0 to 1. */
  readonly share: number;
  /** What the last batch changed. */
  readonly invalidated: Invalidation;
}

/** The database holds other data, with which the demo must not mix. The message has advice for the user. */
export class NotThisDemo extends Error {}

/** Small batches: PGlite has one connection, and a page may have to wait for one batch. */
const batchEvents = 500;
/** A batch has weeks of one service, so that one evaluation covers many rollouts. */
const entriesMax = 128;

/**
 * Checks that the database is empty or holds a demo of the wanted size, and marks it as a demo.
 * @throws {NotThisDemo} before anything is written
 */
export async function claimDatabase(db: Store, options: FillOptions): Promise<DemoMark> {
  const mark = await readDemoMark(db);
  if (mark) {
    const wanted: Partial<DemoSize> = options;
    for (const name of ['seed', 'services', 'weeks'] as const)
      if (wanted[name] !== undefined && wanted[name] !== mark[name])
        throw new NotThisDemo(
          `The database holds a demo with --${name} ${mark[name]}, not ${wanted[name]}: add --fresh to delete it and begin anew.`,
        );
    return mark;
  }
  if (await holdsEvents(db))
    throw new NotThisDemo(
      'The database holds events that are not of the demo, and they must not mix: give the demo an empty database, or unset DATABASE_URL.',
    );
  const { seed = defaultSize.seed, services = defaultSize.services, weeks = defaultSize.weeks } = options;
  const fresh = { ...plotAt(options.now, { seed, services, weeks }), filledTo: null };
  await saveDemoMark(db, fresh);
  return fresh;
}

/**
 * Stores the story up to `now`, except the part that an earlier call has stored. If a call is interrupted, the next one
 * continues. When it resolves, the numbers are complete.
 * @returns the number of stored events
 * @throws {NotThisDemo} when the database holds other data
 */
export async function fill(db: Store, options: FillOptions): Promise<number> {
  const { now, attributionWindowMs = 3_600_000, onProgress, signal } = options;
  const mark = await claimDatabase(db, options);
  const chapters = mark.services + 1;
  let stored = 0;
  let done = 0;
  for (const chapter of story(mark, mark.filledTo ?? 0, now)) {
    for (let from = 0; from < chapter.length; from += batchEvents) {
      if (signal?.aborted) return stored;
      const batch = chapter.slice(from, from + batchEvents).map(event => identify(event, event.source, now));
      const outcome = await store(db, batch, { attributionWindowMs, receivedAt: now, entriesMax });
      stored += outcome.stored;
      const share = (done + (from + batch.length) / chapter.length) / chapters;
      onProgress?.({ stored, share, invalidated: outcome.invalidated });
    }
    done += 1;
  }
  await saveDemoMark(db, { ...mark, filledTo: now });
  return stored;
}
