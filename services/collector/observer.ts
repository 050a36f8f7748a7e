import type { Catalogue } from '../../domain/catalogue/catalogue.ts';
import type { EventType } from '../../domain/events/event.ts';
import type { DeadReason } from './publish/dead-requests.ts';

/** Why a request was refused: one word per kind of answer. */
export type RefusalReason =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'too_large'
  | 'unsupported'
  | 'unavailable'
  | 'error';

/** The way in that a request took: `events`, `logs`, or the name of a tool; never a value that a sender chooses. */
export type Entry = string;

/** Told what the collector does, so that counters can be kept. Must not throw. */
export interface IngestObserver {
  /** `count` events of one type are durable. */
  accepted(source: Entry, type: EventType, count: number): void;
  /** A request of `count` events was refused; 1 where they were not counted. */
  refused(source: Entry, reason: RefusalReason, count: number): void;
  /** An authentic request could not be mapped and is kept as a dead letter. */
  kept(source: Entry, reason: DeadReason): void;
  /** Events came for services that the catalogue does not know. */
  unknown(source: Entry, services: readonly string[]): void;
}

/** For a collector that nobody counts. */
export const silentObserver: IngestObserver = {
  accepted: () => {},
  refused: () => {},
  kept: () => {},
  unknown: () => {},
};

/** Reports services that the catalogue does not know; who keeps no catalogue has nothing unknown. */
export function reportUnknown(
  observer: IngestObserver,
  entry: Entry,
  catalogue: Catalogue,
  services: readonly string[],
): void {
  if (catalogue.services.length > 0 && services.length > 0) observer.unknown(entry, [...new Set(services)]);
}
