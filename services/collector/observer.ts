import type { EventType } from '../../domain/event.ts';

/** Why a request was refused: one word per kind of answer. */
export type RefusalReason =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'too_large'
  | 'unsupported'
  | 'unavailable'
  | 'error';

/** The way in that a request took: a path of this service, never a value that a sender chooses. */
export type Entry = 'events';

/** Told what the collector does, so that counters can be kept. Must not throw. */
export interface IngestObserver {
  /** `count` events of one type are durable. */
  accepted(source: Entry, type: EventType, count: number): void;
  /** A request of `count` events was refused; 1 where they were not counted. */
  refused(source: Entry, reason: RefusalReason, count: number): void;
}

/** For a collector that nobody counts. */
export const silentObserver: IngestObserver = { accepted: () => {}, refused: () => {} };
