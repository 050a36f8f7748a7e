import type { Catalogue } from '../../../domain/catalogue/model.ts';
import { type CounterHistory, readCounterHistories } from '../../../store/read/counter-history.ts';
import { countFlagChanges, type FlagQuestion } from '../../../store/read/flag-changes.ts';
import {
  type ObservationPage,
  type ObservationQuestion,
  readObservations,
} from '../../../store/read/observations.ts';
import { readScored, type ScorecardQuestion, type ScoredStream } from '../../../store/read/scorecard.ts';
import * as read from '../../../store/read/streams.ts';
import type { Store } from '../../../store/schema/tables.ts';
import type { Invalidation } from '../../../store/write/change-notification.ts';

export type { CounterHistory } from '../../../store/read/counter-history.ts';
export type { FlagQuestion } from '../../../store/read/flag-changes.ts';
export type { Observation, ObservationPage, ObservationQuestion } from '../../../store/read/observations.ts';
export type { ScorecardQuestion, ScoredStream } from '../../../store/read/scorecard.ts';
export type { Stream } from '../../../store/read/streams.ts';
export type { Invalidation } from '../../../store/write/change-notification.ts';

/** Names of services; null means all of them. */
export type Services = readonly string[] | null;

/** The invalidations together; null: anything may have changed. */
export function mergeInvalidations(
  some: Invalidation | null,
  others: Invalidation | null,
): Invalidation | null {
  if (some === null || others === null) return null;
  const both = new Map(some);
  widenInvalidation(both, others);
  return both;
}

/** Adds an invalidation to another one, in place. */
export function widenInvalidation(known: Map<string, number>, added: Invalidation): void {
  for (const [service, since] of added) known.set(service, Math.min(since, known.get(service) ?? since));
}

/** The invalidation of all observations of these services. */
export const invalidateWholly = (services: readonly string[]): Invalidation =>
  new Map(services.map(service => [service, -Infinity]));

/** Where the metrics service reads from: the store, or lists in memory. */
export interface ObservationSource {
  readStreams(services: Services): Promise<readonly read.Stream[]>;
  /**
   * In pages, so that no read blocks the event loop for long. Gathering them is quickest when those of a stream come
   * together and in the order of time.
   */
  readObservations(question: ObservationQuestion): AsyncIterable<ObservationPage>;
  /** The number of events with the identity of an earlier event and another content. */
  conflictingRepeats(): Promise<number>;
  /** The number of flag changes in a period. */
  countFlagChanges(question: FlagQuestion): Promise<number>;
  /** The rollouts that a scorecard counts, in pages. */
  readScored(question: ScorecardQuestion): AsyncIterable<ScoredStream>;
  /** When the counters of each stream grew and when its incidents were open, in pages. */
  readCounterHistories(): AsyncIterable<CounterHistory>;
}

/** The store as a source. */
export function storeSource(db: Store): ObservationSource {
  return {
    readStreams: services => read.readStreams(db, services),
    readObservations: question => readObservations(db, question),
    conflictingRepeats: () => read.conflictingRepeats(db),
    countFlagChanges: question => countFlagChanges(db, question),
    readScored: question => readScored(db, question),
    readCounterHistories: () => readCounterHistories(db),
  };
}

/**
 * A source whose teams are those of the catalogue; services that the catalogue gives no team keep that of their events.
 * After a change of the catalogue the streams have to be read again.
 */
export function withTeams(source: ObservationSource, catalogue: () => Catalogue): ObservationSource {
  return {
    readObservations: question => source.readObservations(question),
    conflictingRepeats: () => source.conflictingRepeats(),
    countFlagChanges: question => source.countFlagChanges(question),
    readScored: question => source.readScored(question),
    readCounterHistories: () => source.readCounterHistories(),
    readStreams: async services => {
      const streams = await source.readStreams(services);
      const teams = teamsOf(catalogue());
      return streams.map(stream => ({ ...stream, team: teams.get(stream.service) ?? stream.team }));
    },
  };
}

/** The teams of the catalogue by every name of a service, since thousands of streams are looked up. */
function teamsOf(catalogue: Catalogue): ReadonlyMap<string, string> {
  return new Map(
    catalogue.services.flatMap(({ name, aliases, team }) =>
      team === undefined ? [] : [name, ...aliases].map((each): [string, string] => [each, team]),
    ),
  );
}
