import { identify } from '../domain/events/identity.ts';
import { type DemoMark, holdsEvents, readDemoMark, saveDemoMark } from '../store/schema/demo-mark.ts';
import type { Store } from '../store/schema/tables.ts';
import type { Invalidation } from '../store/write/change-notification.ts';
import { storeEvents as store } from '../store/write/store-events.ts';
import { servicesMax } from './company.ts';
import { plotAt, story } from './story.ts';

/** Which sample; each has a default. */
export interface DemoSize {
  readonly seed: number;
  /** From 1 to 40. */
  readonly services: number;
  readonly weeks: number;
}

export const wholeDemo: DemoSize = { seed: 1, services: servicesMax, weeks: 52 };

export interface FillOptions extends Partial<DemoSize> {
  /** Up to when, in milliseconds since 1970. */
  readonly now: number;
  /** Default: an hour, as the product's. */
  readonly attributionWindowMs?: number;
  /** Called after each batch. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the work before its next batch; a later call goes on. */
  readonly signal?: AbortSignal;
}

export interface Progress {
  /** Events stored so far by this call. */
  readonly stored: number;
  /** How much of the work is done, from 0 to 1. */
  readonly share: number;
  /** By the last batch. */
  readonly touched: Invalidation;
}

/** The record holds something that this sample must not mix with; the message says what to do. */
export class NotThisDemo extends Error {}

/** PGlite has one connection: pages wait for one batch at most, so batches are small. */
const batchEvents = 500;
/** A batch is one service's weeks, so its walks are long ones. */
const entriesMax = 128;

/**
 * Sees that the record is the wanted sample, or empty, and then marks it as one.
 * @throws {NotThisDemo} before anything was written
 */
export async function claim(db: Store, options: FillOptions): Promise<DemoMark> {
  const mark = await readDemoMark(db);
  if (mark) {
    const wanted: Partial<DemoSize> = options;
    for (const name of ['seed', 'services', 'weeks'] as const)
      if (wanted[name] !== undefined && wanted[name] !== mark[name])
        throw new NotThisDemo(
          `The record holds a sample with --${name} ${mark[name]}, not ${wanted[name]}: add --fresh to throw it away and begin anew.`,
        );
    return mark;
  }
  if (await holdsEvents(db))
    throw new NotThisDemo(
      'The record holds events that are not the sample’s, and they must not mix: give the demo an empty database, or unset DATABASE_URL.',
    );
  const { seed = wholeDemo.seed, services = wholeDemo.services, weeks = wholeDemo.weeks } = options;
  const fresh = { ...plotAt(options.now, { seed, services, weeks }), filledTo: null };
  await saveDemoMark(db, fresh);
  return fresh;
}

/**
 * Stores the sample's story up to `now`; what an earlier call has stored is left out. Broken off, it is taken up by the
 * next call. The numbers are complete when it resolves.
 * @returns how many events were stored
 * @throws {NotThisDemo} where the record holds anything else
 */
export async function fill(db: Store, options: FillOptions): Promise<number> {
  const { now, attributionWindowMs = 3_600_000, onProgress, signal } = options;
  const mark = await claim(db, options);
  const chapters = mark.services + 1;
  let stored = 0;
  let told = 0;
  for (const chapter of story(mark, mark.filledTo ?? 0, now)) {
    for (let from = 0; from < chapter.length; from += batchEvents) {
      if (signal?.aborted) return stored;
      const batch = chapter.slice(from, from + batchEvents).map(event => identify(event, event.source, now));
      const outcome = await store(db, batch, { attributionWindowMs, receivedAt: now, entriesMax });
      stored += outcome.stored;
      const share = (told + (from + batch.length) / chapter.length) / chapters;
      onProgress?.({ stored, share, touched: outcome.invalidated });
    }
    told += 1;
  }
  await saveDemoMark(db, { ...mark, filledTo: now });
  return stored;
}
