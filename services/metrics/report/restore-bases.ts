import { families, headlines } from '../../../domain/metrics/families.ts';
import type { Basis, Formula } from '../../../domain/metrics/interpret.ts';
import { type MeasureSet, measureSet } from '../../../domain/metrics/measures.ts';
import { must } from '../../../domain/must.ts';
import { type Bases, bases, type Numbers, type NumberTree, pick } from './numbers.ts';
import type { WeeklyReport } from './report.ts';

/**
 * A report that was read from JSON, with what its headline numbers stand on. The JSON counts most of the observations.
 * Those that it does not count are the numerator of a ratio: being whole, their number is exactly ratio × denominator.
 */
export function restoreBases<Report extends WeeklyReport>(json: Report): Report {
  return {
    ...json,
    weeks: json.weeks.map(week => ({ ...week, numbers: withBases(week.numbers) })),
    overall: withBases(json.overall),
    services: json.services.map(service => ({
      ...service,
      lastWeek: service.lastWeek && withBases(service.lastWeek),
      overall: withBases(service.overall),
    })),
  };
}

function withBases(numbers: NumberTree): Numbers {
  const found: Bases = new Map(
    headlines.map(({ family, formula }) => [family.name, basisIn(numbers, family.name, formula)]),
  );
  return { ...numbers, [bases]: found };
}

function basisIn(numbers: NumberTree, name: string, formula: Formula): Basis {
  if (formula.way !== 'ratio') return { samples: samplesIn(numbers, formula.of), successes: null };
  const samples = samplesIn(numbers, formula.denominator);
  const successes = countIn(numbers, formula.numerator);
  return { samples, successes: successes ?? Math.round((pick(numbers, name) ?? 0) * samples) };
}

function samplesIn(numbers: NumberTree, of: MeasureSet): number {
  return must(countIn(numbers, of), `metric that counts ${of.measures.join()}`);
}

/** How many observations there are, from the metrics that count them together or one by one; null where none does. */
function countIn(numbers: NumberTree, of: MeasureSet): number | null {
  const together = counts.get(of);
  const paths = together ? [together] : of.measures.map(measure => counts.get(measureSet(measure)));
  let sum = 0;
  for (const path of paths) {
    if (!path) return null;
    sum += pick(numbers, ...path) ?? 0;
  }
  return sum;
}

/** Where the observations of measures are counted: name and label values. */
const counts: ReadonlyMap<MeasureSet, readonly string[]> = new Map(
  families.flatMap(({ name, series }) =>
    series.flatMap(({ labels, formula }): [MeasureSet, string[]][] =>
      formula.way === 'count' ? [[formula.of, [name, ...Object.values(labels)]]] : [],
    ),
  ),
);
