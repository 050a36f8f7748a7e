import { compareBytes } from '../../../domain/events/byte-order.ts';
import { metricMeasures } from '../../../domain/metrics/measures.ts';
import type { Period } from './aggregates.ts';
import { indexAt, type StreamColumns } from './columns.ts';
import type { Stream } from './source.ts';

/** What a number is about: a service, a team or the fleet, in one environment. */
export interface Scope {
  readonly labels: Readonly<Record<string, string>>;
  readonly streams: readonly StreamColumns[];
}

/**
 * Whether anything is known of the stream in the period: an observation that metrics are made of, or an open incident.
 * A stream of which nothing is known is not shown, not even as 0.
 */
export function isKnown({ stream, columns }: StreamColumns, { from, to }: Period): boolean {
  if (stream.openSince.length > 0) return true;
  return metricMeasures.some(measure => {
    const timestamps = columns.get(measure)?.timestamps;
    return timestamps !== undefined && indexAt(timestamps, from) < indexAt(timestamps, to);
  });
}

export function serviceScope(observations: StreamColumns): Scope {
  const { service, team, environment } = observations.stream;
  return { labels: { service, team, environment }, streams: [observations] };
}

/** One scope per team and environment; streams without a team are in none. */
export function teamScopes(streams: readonly StreamColumns[]): Scope[] {
  return group(
    streams.filter(({ stream }) => stream.team !== ''),
    ({ stream: { team, environment } }) => ({ team, environment }),
  );
}

/** One scope per environment. */
export function fleetScopes(streams: readonly StreamColumns[]): Scope[] {
  return group(streams, ({ stream: { environment } }) => ({ environment }));
}

function group(
  streams: readonly StreamColumns[],
  labelsOf: (observations: StreamColumns) => Readonly<Record<string, string>>,
): Scope[] {
  const groups = Map.groupBy(streams, observations => JSON.stringify(Object.values(labelsOf(observations))));
  return [...groups]
    .sort(([a], [b]) => compareBytes(a, b))
    .flatMap(([, [first, ...rest]]) =>
      first ? [{ labels: labelsOf(first), streams: [first, ...rest] }] : [],
    );
}

/** By service, then by environment. */
export function byName(a: Stream, b: Stream): number {
  return compareBytes(a.service, b.service) || compareBytes(a.environment, b.environment);
}
