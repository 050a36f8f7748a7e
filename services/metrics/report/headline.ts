import { type HeadlineNumber, headlines } from '../../../domain/metrics/families.ts';
import type { Basis } from '../../../domain/metrics/interpret.ts';
import type { Estimate } from '../../../domain/metrics/statistics.ts';
import { must } from '../../../domain/must.ts';
import { bases, type Numbers, type NumberTree, pick } from './numbers.ts';

/** One of the numbers that lead the page and the report, and that are compared with the weeks before. */
export interface Metric {
  /** Prometheus name without prefix; `receipts` takes the same. */
  readonly name: string;
  readonly title: string;
  /** A few words under the title. */
  readonly about: string;
  /** What it means, in a sentence. */
  readonly meaning: string;
  readonly kind: Estimate | 'rate';
  /** Which way is good. */
  readonly better: 'lower' | 'higher';
  /** The word for one of its samples, in the singular: `rollout`. */
  readonly sample: string;
  /** In the unit of the name: a ratio, seconds, per day. */
  readonly value: (numbers: NumberTree) => number | null;
  /** The number of samples; of a ratio, of trials. */
  readonly samples: (numbers: Numbers) => number;
  /** Of a ratio: how many of the trials. */
  readonly successes?: (numbers: Numbers) => number;
}

/** In the order in which people read them. */
export const metrics: readonly Metric[] = headlines.map(metricOf);

/** The metrics of Prometheus that {@link metrics} read. */
export const headlineFamilies = headlines.map(({ family }) => family);

function metricOf({ family, definition, headline, labels }: HeadlineNumber): Metric {
  const { name } = family;
  const path = [name, ...Object.values(labels)];
  const [basisName, numeratorName] = [`basis of ${name}`, `numerator of ${name}`];
  const basis = (numbers: Numbers): Basis => must(numbers[bases].get(name), basisName);
  return {
    name,
    title: definition.title,
    about: headline.about,
    meaning: headline.meaning,
    kind: kindOf(definition.kind),
    better: must(definition.better, `better direction of ${name}`),
    sample: headline.sample,
    value: numbers => pick(numbers, ...path),
    samples: numbers => basis(numbers).samples,
    ...(definition.kind === 'ratio' && {
      successes: (numbers: Numbers) => must(basis(numbers).successes, numeratorName),
    }),
  };
}

function kindOf(kind: HeadlineNumber['definition']['kind']): Metric['kind'] {
  switch (kind) {
    case 'ratio':
    case 'rate':
      return kind;
    case 'distribution':
      return 'median';
    case 'count':
    case 'sum':
      throw new TypeError(`a ${kind} is no headline: it has nothing to compare`);
  }
}
