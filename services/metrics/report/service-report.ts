import { formatTime } from '../../../domain/events/time.ts';
import { aggregatesOf, type Period } from '../live/aggregates.ts';
import type { StreamColumns } from '../live/columns.ts';
import { headlineFamilies } from './headline.ts';
import { type Numbers, numbersOf } from './numbers.ts';
import { type Trend, trendsOf } from './trend.ts';

/** One service of a report. */
export interface ServiceReport extends LastWeek {
  readonly service: string;
  readonly team: string;
  readonly openIncidents: number;
  /** Since when the first of them is open; null: none is. */
  readonly openSince: string | null;
  /** All weeks together. */
  readonly overall: Numbers;
}

export interface LastWeek {
  /** The last full week; null when only the running one was asked for. */
  readonly lastWeek: Numbers | null;
  /** That week against the full weeks before it. */
  readonly movements: readonly Trend[];
}

/** How the two costly parts of a service's report are computed. */
export interface ServiceParts {
  /** @param full the weeks to compare with, and the last full week */
  readonly lastWeek: (stream: StreamColumns, full: readonly Period[]) => LastWeek;
  readonly overall: (stream: StreamColumns, period: Period) => Numbers;
}

/**
 * A service in a report.
 * @param full the weeks to compare with, and the last full week
 * @param period of all weeks
 * @param parts {@link serviceParts}, or a cache of them
 */
export function serviceReport(
  stream: StreamColumns,
  full: readonly Period[],
  period: Period,
  parts: ServiceParts,
): ServiceReport {
  const { service, team, openSince } = stream.stream;
  return {
    service,
    team,
    openIncidents: openSince.length,
    openSince: openSince[0] === undefined ? null : formatTime(openSince[0]),
    ...parts.lastWeek(stream, full),
    overall: parts.overall(stream, period),
  };
}

/** The parts of a service's report, computed from its observations. */
export const serviceParts: ServiceParts = {
  lastWeek: (stream, full) => {
    const last = full.at(-1);
    const lastWeek = last ? numbersOf(aggregatesOf([stream], last)) : null;
    const before = full.slice(0, -1).map(week => numbersOf(aggregatesOf([stream], week), headlineFamilies));
    return { lastWeek, movements: trendsOf(lastWeek, before) };
  },
  overall: (stream, period) => numbersOf(aggregatesOf([stream], period)),
};
