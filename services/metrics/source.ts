import * as read from '../../store/read.ts';
import type { Store } from '../../store/tables.ts';

export type { Line, Sample, SampleQuestion } from '../../store/read.ts';

/** Names of services; null means all of them. */
export type Services = readonly string[] | null;

/** Where the numbers are read from: the store, or a list in memory. */
export interface SampleSource {
  readLines(services: Services): Promise<readonly read.Line[]>;
  /** In pages, so that no read holds the event loop; quickest when each line's samples come in the order of time. */
  readSamples(question: read.SampleQuestion): AsyncIterable<readonly read.Sample[]>;
  /** How many events claimed the identity of another one with a different content. */
  conflictingRepeats(): Promise<number>;
}

/** The store as it is read here. */
export function storeSource(db: Store): SampleSource {
  return {
    readLines: services => read.readLines(db, services),
    readSamples: question => read.readSamples(db, question),
    conflictingRepeats: () => read.conflictingRepeats(db),
  };
}
