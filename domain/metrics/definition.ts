import type { MeasureSet } from './measures.ts';

export type Unit = 'count' | 'ratio' | 'seconds' | 'per_day';

/** What every metric says of itself. */
interface Described {
  /** Prometheus name without the prefix of its scope (`dora_`, `dora_team_`, `dora_fleet_`). */
  readonly name: string;
  readonly title: string;
  /** A sentence; of a distribution the beginning of one. */
  readonly help: string;
  readonly unit: Unit;
  /** Which way is good; null: neither. */
  readonly better: 'lower' | 'higher' | null;
}

/** What a number that leads the page and the report says in addition. */
export interface Headline {
  /** What one of the observations that it stands on is called. */
  readonly sample: string;
  /** A few words under its title. */
  readonly about: string;
  /** What it means in a report, in a sentence. */
  readonly meaning: string;
}

/** One set of measures, or a series for each value of a label. */
export type Measured = MeasureSet | Labelled;
export interface Labelled {
  readonly label: string;
  readonly series: Readonly<Record<string, MeasureSet>>;
}

export interface Ratio extends Described {
  readonly kind: 'ratio';
  readonly unit: 'ratio';
  readonly numerator: MeasureSet;
  readonly denominator: MeasureSet;
  readonly headline?: Headline;
}

/**
 * The values of observations. Each part that is asked for is a metric of its own: quantiles (`…_seconds`), their mean
 * (`…_mean_seconds`), and how many values there are (`…_samples`). As a headline it is the median.
 */
export interface Distribution extends Described {
  readonly kind: 'distribution';
  readonly unit: 'seconds';
  readonly of: Measured;
  /** From 0 to 1. */
  readonly quantiles: readonly number[];
  readonly mean: boolean;
  readonly samples: boolean;
  readonly headline?: Headline;
}

export interface Count extends Described {
  readonly kind: 'count';
  readonly unit: 'count';
  readonly of: Measured;
}

/** The sum of the values. */
export interface Sum extends Described {
  readonly kind: 'sum';
  readonly unit: 'seconds';
  readonly of: MeasureSet;
}

/** Observations per day. */
export interface Rate extends Described {
  readonly kind: 'rate';
  readonly unit: 'per_day';
  readonly of: MeasureSet;
  readonly headline?: Headline;
}

/** A metric that has windows, by how it is made of observations. */
export type Definition = Ratio | Distribution | Count | Sum | Rate;

/** A metric without a window: what is open now, or counted since the beginning. It is read off the streams. */
export interface Windowless extends Described {
  readonly kind: 'open' | 'total';
}
