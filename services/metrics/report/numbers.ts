import { type Aggregates, families } from '../../../domain/metrics/definitions.ts';

/**
 * Every metric by its Prometheus name without prefix: a number in the metric's unit, or one per label value
 * (`lead_time_seconds: {"0.5": 5400, "0.9": 90000}`). null where there is nothing to say.
 */
export interface Numbers {
  readonly [name: string]: number | null | Numbers;
}

/**
 * Every metric of the tally, see {@link Numbers}.
 * @param names only these, by their Prometheus name without prefix
 */
export function numbersOf(tally: Aggregates, names?: ReadonlySet<string>): Numbers {
  const wanted = names ? families.filter(({ name }) => names.has(name)) : families;
  return Object.fromEntries(
    wanted.map(family => {
      const [first] = family.series;
      if (first && Object.keys(first.labels).length === 0) return [family.name, finite(first.value(tally))];
      const byLabels: Nested = {};
      for (const { labels, value } of family.series)
        put(byLabels, Object.values(labels), finite(value(tally)));
      return [family.name, byLabels];
    }),
  );
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

// In its first instant the running week has no length, and nothing per day can be said.
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
