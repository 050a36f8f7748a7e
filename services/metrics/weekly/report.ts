import { families, type Tally } from '../../../domain/definitions.ts';
import { compareBytes } from '../../../domain/order.ts';
import { formatTime } from '../../../domain/time.ts';
import type { LineSamples } from '../columns.ts';
import { isKnown } from '../scopes.ts';
import { type Period, tallyOf } from '../tally.ts';
import { lastWeeks } from './weeks.ts';

/** What a report is asked about; null: not narrowed. */
export interface ReportQuery {
  readonly environment: string;
  readonly service: string | null;
  readonly team: string | null;
  readonly weeks: number;
}

/**
 * Every metric by its Prometheus name without prefix: a number in the metric's unit, or one per label value
 * (`lead_time_seconds: {"0.5": 5400, "0.9": 90000}`). null where there is nothing to say.
 */
export interface Numbers {
  readonly [name: string]: number | null | Numbers;
}

/** Times are RFC 3339 in UTC; `from` is included, `to` is not. */
export interface WeekReport {
  readonly week: string;
  readonly from: string;
  /** Of the running week: when the report was made. */
  readonly to: string;
  readonly partial: boolean;
  readonly numbers: Numbers;
}

export interface ServiceReport {
  readonly service: string;
  readonly team: string;
  readonly openIncidents: number;
  /** The last week that is over; null when only the running one was asked for. */
  readonly lastWeek: Numbers | null;
  /** All weeks together. */
  readonly overall: Numbers;
}

export interface WeeklyReport {
  readonly made: string;
  readonly timezone: string;
  readonly environment: string;
  /** Every environment that anything is known of. */
  readonly environments: readonly string[];
  readonly service: string | null;
  readonly team: string | null;
  /** Oldest first; the last one still runs. Numbers of all services that were asked about, pooled. */
  readonly weeks: readonly WeekReport[];
  /** All weeks together. */
  readonly overall: Numbers;
  readonly openIncidents: number;
  /** Rollouts since the beginning of the record, before these weeks too. */
  readonly rolloutsTotal: number;
  /** Services with anything in these weeks, by name. */
  readonly services: readonly ServiceReport[];
}

/** The first moment that a report over so many weeks looks at, in milliseconds since 1970. */
export function reportStart(now: number, weeks: number, timezone: string): number {
  return lastWeeks(now, weeks, timezone)[0]?.from ?? now;
}

/** The weekly report, from the samples since {@link reportStart}. */
export function weeklyReport(
  lines: readonly LineSamples[],
  query: ReportQuery,
  now: number,
  timezone: string,
): WeeklyReport {
  const weeks = lastWeeks(now, query.weeks, timezone).map(week => ({ ...week, to: Math.min(week.to, now) }));
  const period: Period = { from: weeks[0]?.from ?? now, to: now };
  const asked = lines.filter(
    ({ line }) =>
      line.environment === query.environment &&
      (query.service === null || line.service === query.service) &&
      (query.team === null || line.team === query.team),
  );
  const lastWeek = weeks.findLast(week => !week.partial);
  return {
    made: formatTime(now),
    timezone,
    environment: query.environment,
    environments: environmentsOf(lines, period),
    service: query.service,
    team: query.team,
    weeks: weeks.map(week => ({
      week: week.label,
      from: formatTime(week.from),
      to: formatTime(week.to),
      partial: week.partial,
      numbers: numbersOf(tallyOf(asked, week)),
    })),
    overall: numbersOf(tallyOf(asked, period)),
    openIncidents: asked.reduce((sum, { line }) => sum + line.openSince.length, 0),
    rolloutsTotal: asked.reduce((sum, { line }) => sum + line.exposedTotal, 0),
    services: asked
      .filter(samples => isKnown(samples, period))
      .map(samples => ({
        service: samples.line.service,
        team: samples.line.team,
        openIncidents: samples.line.openSince.length,
        lastWeek: lastWeek ? numbersOf(tallyOf([samples], lastWeek)) : null,
        overall: numbersOf(tallyOf([samples], period)),
      }))
      .sort((a, b) => compareBytes(a.service, b.service)),
  };
}

/** Every metric of the tally, see {@link Numbers}. */
export function numbersOf(tally: Tally): Numbers {
  return Object.fromEntries(
    families.map(family => {
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

function environmentsOf(lines: readonly LineSamples[], period: Period): string[] {
  const known = lines.filter(samples => samples.line.exposedTotal > 0 || isKnown(samples, period));
  return [...new Set(known.map(({ line }) => line.environment))].sort(compareBytes);
}
