import type { Catalogue } from '../../../domain/catalogue/catalogue.ts';
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

/** What was touched by either; null: anything. */
export function mergeInvalidations(
  some: Invalidation | null,
  others: Invalidation | null,
): Invalidation | null {
  if (some === null || others === null) return null;
  const both = new Map(some);
  widenInvalidation(both, others);
  return both;
}

/** Adds what was touched to what was. */
export function widenInvalidation(known: Map<string, number>, touched: Invalidation): void {
  for (const [service, since] of touched) known.set(service, Math.min(since, known.get(service) ?? since));
}

/** Services of which anything may have changed. */
export const invalidateWholly = (services: readonly string[]): Invalidation =>
  new Map(services.map(service => [service, -Infinity]));

/** Where the numbers are read from: the store, or a list in memory. */
export interface ObservationSource {
  readStreams(services: Services): Promise<readonly read.Stream[]>;
  /** In pages, so that no read holds the event loop; quickest when each stream's observations come together, in the order of time. */
  readObservations(question: ObservationQuestion): AsyncIterable<ObservationPage>;
  /** How many events claimed the identity of another one with a different content. */
  conflictingRepeats(): Promise<number>;
  /** How many flag changes lie in a period. */
  countFlagChanges(question: FlagQuestion): Promise<number>;
  /** In pages: the rollouts that a scorecard counts. */
  readScored(question: ScorecardQuestion): AsyncIterable<ScoredStream>;
  /** Of every stream, in pages: when its counters grew and when incidents were open. */
  readCourses(): AsyncIterable<CounterHistory>;
}

/** The store as it is read here. */
export function storeSource(db: Store): ObservationSource {
  return {
    readStreams: services => read.readStreams(db, services),
    readObservations: question => readObservations(db, question),
    conflictingRepeats: () => read.conflictingRepeats(db),
    countFlagChanges: question => countFlagChanges(db, question),
    readScored: question => readScored(db, question),
    readCourses: () => readCounterHistories(db),
  };
}

/**
 * A source whose teams are those of the catalogue, where it names one; else those that the events name.
 * What was read before a change of the catalogue has to be read again.
 */
export function withTeams(source: ObservationSource, catalogue: () => Catalogue): ObservationSource {
  return {
    readObservations: question => source.readObservations(question),
    conflictingRepeats: () => source.conflictingRepeats(),
    countFlagChanges: question => source.countFlagChanges(question),
    readScored: question => source.readScored(question),
    readCourses: () => source.readCourses(),
    readStreams: async services => {
      const streams = await source.readStreams(services);
      const teams = teamsOf(catalogue());
      return streams.map(stream => ({ ...stream, team: teams.get(stream.service) ?? stream.team }));
    },
  };
}

/** By every name of a service; looked up for thousands of streams. */
function teamsOf(catalogue: Catalogue): ReadonlyMap<string, string> {
  return new Map(
    catalogue.services.flatMap(({ name, aliases, team }) =>
      team === undefined ? [] : [name, ...aliases].map((each): [string, string] => [each, team]),
    ),
  );
}
