import { type Family, families } from '../../../domain/metrics/families.ts';
import { type Aggregates, type Basis, basisOf, compute } from '../../../domain/metrics/interpret.ts';

/** Numbers by their names, and by the values of their labels below them. */
export interface NumberTree {
  readonly [name: string]: number | null | NumberTree;
}

/** What the headline numbers stand on, by the names of their metrics. */
export type Bases = ReadonlyMap<string, Basis>;

/**
 * Where {@link Numbers} hold their bases. It is a symbol because the JSON of a report, which is public, does not hold
 * them; `restore-bases.ts` restores them from the JSON.
 */
export const bases = Symbol('bases');

/**
 * Every metric by its Prometheus name without prefix: a number in the metric's unit, or one per label value
 * (`lead_time_seconds: {"0.5": 5400, "0.9": 90000}`). null where a metric has no number.
 */
export interface Numbers extends NumberTree {
  readonly [bases]: Bases;
}

/** @param of metrics; default: every one that has windows */
export function numbersOf(aggregates: Aggregates, of: readonly Family[] = families): Numbers {
  const tree = Object.fromEntries(of.map(family => [family.name, familyNumbers(family, aggregates)]));
  return { ...tree, [bases]: basesOf(aggregates, of) };
}

const rates = families.filter(({ definition }) => definition.kind === 'rate');

/** The numbers over a longer period without further observations: only the rates change. */
export function withRatesOf(numbers: Numbers, aggregates: Aggregates): Numbers {
  return { ...numbers, ...numbersOf(aggregates, rates), [bases]: numbers[bases] };
}

function basesOf(aggregates: Aggregates, of: readonly Family[]): Bases {
  const found = new Map<string, Basis>();
  for (const { name, definition, series } of of)
    if (series[0] && 'headline' in definition) found.set(name, basisOf(series[0].formula, aggregates));
  return found;
}

function familyNumbers({ series }: Family, aggregates: Aggregates): number | null | NumberTree {
  const byLabels: Nested = {};
  for (const { labels, formula } of series) {
    const value = finite(compute(formula, aggregates));
    const path = Object.values(labels);
    if (path.length === 0) return value;
    put(byLabels, path, value);
  }
  return byLabels;
}

interface Nested {
  [name: string]: number | null | Nested;
}

function put(into: Nested, [name = '', ...path]: string[], value: number | null): void {
  if (path.length === 0) {
    into[name] = value;
    return;
  }
  const below = into[name];
  const next: Nested = typeof below === 'object' && below !== null ? below : {};
  into[name] = next;
  put(next, path, value);
}

// At its very beginning the running week has no length, and a rate is not finite.
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

/**
 * A number by its name and label values: `pick(numbers, 'lead_time_seconds', '0.5')`.
 * @throws {TypeError} when there is no such number
 */
export function pick(numbers: NumberTree, ...path: readonly string[]): number | null {
  let found: NumberTree[string] | undefined = numbers;
  for (const name of path) found = typeof found === 'object' ? found?.[name] : undefined;
  if (found === null || typeof found === 'number') return found;
  throw new TypeError(`no number is called ${path.join(' ')}`);
}
