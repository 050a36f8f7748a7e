import type { Evaluation } from '../sources/otlp/flag-records.ts';
import { ContextSample } from './context-sample.ts';

/** A combination of variant and change that contexts were served. */
interface Served {
  readonly variant: string;
  readonly isNew: boolean;
  readonly change: string | null;
  /** Time of its first evaluation in the measurement, in milliseconds since 1970. */
  readonly at: number;
}

/** The share of contexts that were served a variant or a change. */
export interface Share {
  readonly name: string;
  /** 0–1. */
  readonly share: number;
  /** The earliest time since which the share may hold, in milliseconds since 1970. */
  readonly at: number;
  /** Compared with the share reported last: the same, moved, or moved by no more than chance explains. */
  readonly verdict: 'still' | 'moved' | 'unsure';
}

/** The shares (0–1) above 0 that were reported last, by name. */
export type ReportedShares = ReadonlyMap<string, number>;

/** Maximum number of combinations that are counted apart; all further ones count as one. */
const servedMax = 100;
const otherServed: Served = { variant: '', isNew: false, change: null, at: 0 };
/** A share is reported again when it has moved by this much. */
const moveMin = 0.05;

/** Measures what one flag serves to its contexts, from a start on. */
export class Measurement {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly #sample: ContextSample<Served>;
  readonly #served = new Map<string, Served>();

  /** @param sampleMax size of the sample of contexts */
  constructor(since: number, salt: string, sampleMax: number) {
    this.since = since;
    this.#sample = new ContextSample(salt, sampleMax);
  }

  /** Number of contexts in the sample. */
  get contexts(): number {
    return this.#sample.size;
  }

  take(evaluation: Evaluation): void {
    this.#sample.add(evaluation.context, this.#servedBy(evaluation));
  }

  /** The shares of the new variants; 0 for a reported variant that no context is served any more. */
  ofVariants(reported: ReportedShares): Share[] {
    return this.#shares(reported, ({ variant }) => variant);
  }

  /** The shares of the released changes, over all their variants. */
  ofChanges(reported: ReportedShares): Share[] {
    return this.#shares(reported, ({ change }) => change);
  }

  /** The combination of an evaluation: one object per combination, so that the sample can count by identity. */
  #servedBy({ variant, isNew, change, at }: Evaluation): Served {
    const name = JSON.stringify([variant, isNew, change]);
    const known = this.#served.get(name);
    if (known) return known;
    if (this.#served.size >= servedMax) return otherServed;
    const first = { variant, isNew, change, at: Math.max(at, this.since) };
    this.#served.set(name, first);
    return first;
  }

  #shares(reported: ReportedShares, nameOf: (served: Served) => string | null): Share[] {
    const counts = this.#sample.counts();
    const sums = new Map([...reported.keys()].map(name => [name, { count: 0, at: this.since }]));
    for (const served of this.#served.values()) {
      const name = nameOf(served);
      const count = counts.get(served) ?? 0;
      if (!served.isNew || name === null || count === 0) continue;
      const sum = sums.get(name);
      sums.set(name, { count: count + (sum?.count ?? 0), at: Math.min(served.at, sum?.at ?? served.at) });
    }
    return [...sums].map(([name, { count, at }]) => {
      const share = count / this.contexts;
      return { name, share, at, verdict: verdictOn(reported.get(name), share, this.contexts) };
    });
  }
}

/** A share has moved if it differs by 5 points, or is now 0 or 1, and by more than chance (two standard errors). */
function verdictOn(last: number | undefined, share: number, contexts: number): Share['verdict'] {
  if (last === undefined) return 'moved';
  // Rounding errors of the division must not decide.
  const distance = Math.abs(share - last) + 1e-9;
  const isExtreme = share === 0 || share === 1;
  if (share === last || (!isExtreme && distance < moveMin)) return 'still';
  const variance = Math.max(last * (1 - last), share * (1 - share)) / contexts;
  return distance < 2 * Math.sqrt(variance) ? 'unsure' : 'moved';
}
