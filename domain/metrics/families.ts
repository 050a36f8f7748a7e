import { must } from '../must.ts';
import type { Definition, Distribution, Headline, Labelled, Measured, Unit } from './definition.ts';
import { definitions, headlineNames, openIncidents, rolloutsTotal } from './definitions.ts';
import type { Formula } from './interpret.ts';
import type { MeasureSet } from './measures.ts';

/** One number of a family, told apart by its labels. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly formula: Formula;
}

/** A metric as Prometheus has it. */
export interface NamedMetric {
  /** Without the prefix of its scope (`dora_`, `dora_team_`, `dora_fleet_`). */
  readonly name: string;
  readonly title: string;
  readonly help: string;
  readonly unit: Unit;
}

/** A metric that has windows, and its series. A distribution makes several families. */
export interface Family extends NamedMetric {
  readonly definition: Definition;
  readonly series: readonly Series[];
}

/** Every metric that has windows, in the order in which it is printed. */
export const families: readonly Family[] = definitions.flatMap(familiesOf);

/** Every metric, those without a window last. */
export const allMetrics: readonly NamedMetric[] = [...families, openIncidents, rolloutsTotal];

/** The labels by which the series of a metric are told apart, windows aside. */
export const labelNames: readonly string[] = [
  ...new Set(families.flatMap(({ series }) => series.flatMap(({ labels }) => Object.keys(labels)))),
  rolloutsTotal.label,
];

const familiesByName = new Map(families.map(family => [family.name, family]));
const metricsByName = new Map(allMetrics.map(metric => [metric.name, metric]));

/** The family of this name, without the prefix of its scope. */
export function familyOf(name: string): Family | undefined {
  return familiesByName.get(name);
}

/** The same, of a metric without a window too. */
export function metricOf(name: string): NamedMetric | undefined {
  return metricsByName.get(name);
}

function familiesOf(definition: Definition): Family[] {
  const { name, title, help, unit } = definition;
  const described = { name, title, help, unit, definition };
  switch (definition.kind) {
    case 'ratio': {
      const { numerator, denominator } = definition;
      return [{ ...described, series: [{ labels: {}, formula: { way: 'ratio', numerator, denominator } }] }];
    }
    case 'distribution':
      return distributionFamilies(definition);
    case 'count':
      return [{ ...described, series: seriesOf(definition.of, of => [[{}, { way: 'count', of }]]) }];
    case 'sum':
      return [{ ...described, series: [{ labels: {}, formula: { way: 'sum', of: definition.of } }] }];
    case 'rate':
      return [{ ...described, series: [{ labels: {}, formula: { way: 'per_day', of: definition.of } }] }];
  }
}

function distributionFamilies(definition: Distribution): Family[] {
  const { name, title, help, of, quantiles, mean, samples } = definition;
  const quantileFamily: Family = {
    name: `${name}_seconds`,
    title,
    help: `${help}, in seconds (nearest-rank quantiles).`,
    unit: 'seconds',
    definition,
    series: seriesOf(of, measured =>
      quantiles.map(rank => [{ quantile: String(rank) }, { way: 'quantile', of: measured, rank }]),
    ),
  };
  const meanFamily: Family = {
    name: `${name}_mean_seconds`,
    title: `${title} mean`,
    help: `${help}, in seconds (arithmetic mean).`,
    unit: 'seconds',
    definition,
    series: seriesOf(of, measured => [[{}, { way: 'mean', of: measured }]]),
  };
  const samplesFamily: Family = {
    name: `${name}_samples`,
    title: `${title}, samples`,
    help: `${help}: how many samples.`,
    unit: 'count',
    definition,
    series: seriesOf(of, measured => [[{}, { way: 'count', of: measured }]]),
  };
  return [quantileFamily, ...(mean ? [meanFamily] : []), ...(samples ? [samplesFamily] : [])];
}

type Labels = Series['labels'];

/** The series of each value of a label, or of the one set of measures. */
function seriesOf(
  measured: Measured,
  make: (of: MeasureSet) => readonly (readonly [Labels, Formula])[],
): Series[] {
  if (!isLabelled(measured)) return make(measured).map(([labels, formula]) => ({ labels, formula }));
  return Object.entries(measured.series).flatMap(([value, of]) =>
    make(of).map(([labels, formula]) => ({ labels: { [measured.label]: value, ...labels }, formula })),
  );
}

function isLabelled(measured: Measured): measured is Labelled {
  return 'label' in measured;
}

/** A number that leads the page and the report. */
export interface HeadlineNumber extends Series {
  readonly definition: Definition;
  readonly headline: Headline;
  readonly family: Family;
}

/** In the order in which people read them. */
export const headlines: readonly HeadlineNumber[] = headlineNames.map(name => {
  const definition = must(
    definitions.find(each => each.name === name),
    `metric ${name}`,
  );
  const family = must(
    families.find(each => each.definition === definition),
    `metric ${name}`,
  );
  const headline = must('headline' in definition ? definition.headline : null, `headline of ${name}`);
  const median = family.series.find(({ formula }) => formula.way === 'quantile' && formula.rank === 0.5);
  return {
    definition,
    family,
    headline,
    ...must(definition.kind === 'distribution' ? median : family.series[0], `series of ${name}`),
  };
});
