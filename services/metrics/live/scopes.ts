import { compareBytes } from '../../../domain/events/byte-order.ts';
import { findings, measures } from '../../../domain/metrics/definitions.ts';
import type { Period } from './aggregates.ts';
import { indexAt, type LineSamples } from './columns.ts';
import type { Line } from './source.ts';

/** Who a number is about: a service, a team or the fleet, in one environment. */
export interface Scope {
  readonly labels: Readonly<Record<string, string>>;
  readonly lines: readonly LineSamples[];
}

const numbers = measures.filter(measure => !findings.includes(measure));

/**
 * Whether anything is known of the line in the period: a sample of any number (a finding is none), or an
 * open incident. What is known of nothing is not shown, not even as 0.
 */
export function isKnown({ line, columns }: LineSamples, { from, to }: Period): boolean {
  if (line.openSince.length > 0) return true;
  return numbers.some(measure => {
    const moments = columns.get(measure)?.moments;
    return moments !== undefined && indexAt(moments, from) < indexAt(moments, to);
  });
}

export function serviceScope(samples: LineSamples): Scope {
  const { service, team, environment } = samples.line;
  return { labels: { service, team, environment }, lines: [samples] };
}

/** One scope per team and environment; what belongs to no team is in none. */
export function teamScopes(lines: readonly LineSamples[]): Scope[] {
  return group(
    lines.filter(({ line }) => line.team !== ''),
    ({ line: { team, environment } }) => ({ team, environment }),
  );
}

/** One scope per environment. */
export function fleetScopes(lines: readonly LineSamples[]): Scope[] {
  return group(lines, ({ line: { environment } }) => ({ environment }));
}

function group(
  lines: readonly LineSamples[],
  labelsOf: (samples: LineSamples) => Readonly<Record<string, string>>,
): Scope[] {
  const groups = Map.groupBy(lines, samples => JSON.stringify(Object.values(labelsOf(samples))));
  return [...groups]
    .sort(([a], [b]) => compareBytes(a, b))
    .flatMap(([, [first, ...rest]]) => (first ? [{ labels: labelsOf(first), lines: [first, ...rest] }] : []));
}

/** By service, then by environment. */
export function byName(a: Line, b: Line): number {
  return compareBytes(a.service, b.service) || compareBytes(a.environment, b.environment);
}
