import type { Evaluation } from '../sources/otlp/otlp-logs.ts';
import { ContextSample } from './context-sample.ts';

/** What contexts were served. */
interface Served {
  readonly variant: string;
  readonly isNew: boolean;
  readonly change: string | null;
  /** When the first of them was, within the measurement. */
  readonly at: number;
}

/** The share of one thing among all contexts of a measurement. */
export interface Share {
  readonly name: string;
  /** 0–1. */
  readonly share: number;
  /** Since when it may be, in milliseconds since 1970. */
  readonly at: number;
  /** Against the share that was told last: the same, moved, or moved as chance does among so few. */
  readonly verdict: 'still' | 'moved' | 'unsure';
}

/** Shares (0–1) above 0 as they were told last, by name. */
export type ReportedShares = ReadonlyMap<string, number>;

/** Kinds of things served that are told apart. */
const servedMax = 100;
const anythingElse: Served = { variant: '', isNew: false, change: null, at: 0 };
/** A share is told again when it has moved by this much. */
const moveMin = 0.05;

/** Whom one flag served what, from some moment on. */
export class Measurement {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly #sample: ContextSample<Served>;
  readonly #served = new Map<string, Served>();

  /** @param sampleMax contexts that are kept */
  constructor(since: number, salt: string, sampleMax: number) {
    this.since = since;
    this.#sample = new ContextSample(salt, sampleMax);
  }

  /** How many contexts the sample holds. */
  get contexts(): number {
    return this.#sample.size;
  }

  take(evaluation: Evaluation): void {
    this.#sample.add(evaluation.context, this.#servedBy(evaluation));
  }

  /** The shares of the new variants; 0 for one that was told and is served to nobody any more. */
  ofVariants(told: ReportedShares): Share[] {
    return this.#shares(told, ({ variant }) => variant);
  }

  /** The shares of the changes that are released, through whatever variants. */
  ofChanges(told: ReportedShares): Share[] {
    return this.#shares(told, ({ change }) => change);
  }

  /** One object for all who were served the same; of ever new variants all but some are one. */
  #servedBy({ variant, isNew, change, at }: Evaluation): Served {
    const name = JSON.stringify([variant, isNew, change]);
    const known = this.#served.get(name);
    if (known) return known;
    if (this.#served.size >= servedMax) return anythingElse;
    const first = { variant, isNew, change, at: Math.max(at, this.since) };
    this.#served.set(name, first);
    return first;
  }

  #shares(told: ReportedShares, nameOf: (served: Served) => string | null): Share[] {
    const counts = this.#sample.counts();
    const sums = new Map([...told.keys()].map(name => [name, { count: 0, at: this.since }]));
    for (const each of this.#served.values()) {
      const name = nameOf(each);
      const count = counts.get(each) ?? 0;
      if (!each.isNew || name === null || count === 0) continue;
      const sum = sums.get(name);
      sums.set(name, { count: count + (sum?.count ?? 0), at: Math.min(each.at, sum?.at ?? each.at) });
    }
    return [...sums].map(([name, { count, at }]) => {
      const share = count / this.contexts;
      return { name, share, at, verdict: verdictOn(told.get(name), share, this.contexts) };
    });
  }
}

/** It has moved by 5 points, or to none or all, and by more than chance (two standard errors). */
function verdictOn(last: number | undefined, share: number, contexts: number): Share['verdict'] {
  if (last === undefined) return 'moved';
  // What the division leaves behind the last digit must not decide.
  const distance = Math.abs(share - last) + 1e-9;
  const isAtAnEnd = share === 0 || share === 1;
  if (share === last || (!isAtAnEnd && distance < moveMin)) return 'still';
  const variance = Math.max(last * (1 - last), share * (1 - share)) / contexts;
  return distance < 2 * Math.sqrt(variance) ? 'unsure' : 'moved';
}
