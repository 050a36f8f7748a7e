import { compareBytes } from '../../../domain/events/byte-order.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { aggregatesOf, type Period } from '../live/aggregates.ts';
import { indexAt, type StreamColumns } from '../live/columns.ts';
import { isKnown } from '../live/scopes.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';
import type { Annotations } from './annotations.ts';
import { PooledWeeks } from './cache/pooled-weeks.ts';
import { type Numbers, numbersOf } from './numbers.ts';
import { type Trend, trendFamilies, trendsOf, weeksBefore } from './trend.ts';
import { lastWeeks } from './weeks.ts';

export type { Numbers } from './numbers.ts';

/** What a report is asked about; null: not narrowed. */
export interface ReportQuery {
  readonly environment: string;
  readonly service: string | null;
  readonly team: string | null;
  readonly weeks: number;
}

/** Times are RFC 3339 in UTC; `from` is included, `to` is not. */
export interface WeekReport {
  readonly week: string;
  readonly from: string;
  /** Of the running week: when the report was made. */
  readonly to: string;
  readonly partial: boolean;
  readonly numbers: Numbers;
  readonly marks: Annotations;
}

export interface ServiceReport {
  readonly service: string;
  readonly team: string;
  readonly openIncidents: number;
  /** Since when the first of them is open; null: none is. */
  readonly openSince: string | null;
  /** The last week that is over; null when only the running one was asked for. */
  readonly lastWeek: Numbers | null;
  /** That week against the four before it. */
  readonly movements: readonly Trend[];
  /** All weeks together. */
  readonly overall: Numbers;
}

export interface WeeklyReport {
  readonly made: string;
  readonly timezone: string;
  readonly environment: string;
  /** Every environment that anything is known of. */
  readonly environments: readonly string[];
  /** Every team that has anything in these weeks and this environment. */
  readonly teams: readonly string[];
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

/**
 * The weekly report, from the observations since {@link reportStart}.
 * @param flagChanges of each week, the oldest first; absent: not known
 * @param memory of reports about the same and over as many weeks; absent: there is none
 */
export function weeklyReport(...of: ReportArguments): WeeklyReport {
  const steps = reportSteps(...of);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same, giving the event loop its turns: with hundreds of services it takes a while. */
export async function weeklyReportInTurns(...of: ReportArguments): Promise<WeeklyReport> {
  const breathe = eventLoopYielder();
  const steps = reportSteps(...of);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await breathe();
  }
}

type ReportArguments = [
  streams: readonly StreamColumns[],
  query: ReportQuery,
  now: number,
  timezone: string,
  flagChanges?: readonly number[],
  memory?: ReportMemory,
];

/** Keeps what the reports before have pooled. */
export interface ReportMemory {
  get(): PooledWeeks | null;
  set(pooled: PooledWeeks): void;
}

function* reportSteps(
  ...[streams, query, now, timezone, flagChanges = [], memory]: ReportArguments
): Generator<void, WeeklyReport> {
  const weeks = lastWeeks(now, query.weeks, timezone).map(week => ({ ...week, to: Math.min(week.to, now) }));
  const period: Period = { from: weeks[0]?.from ?? now, to: now };
  const asked = streams.filter(
    ({ stream }) =>
      stream.environment === query.environment &&
      (query.service === null || stream.service === query.service) &&
      (query.team === null || stream.team === query.team),
  );
  const full = weeks.filter(week => !week.partial);
  const weekReports: WeekReport[] = [];
  const pooled = new PooledWeeks(asked, weeks, memory?.get() ?? null);
  yield;
  for (const [i, week] of weeks.entries()) {
    const { numbers, marks } = pooled.of(week);
    weekReports.push({
      week: week.label,
      from: formatTime(week.from),
      to: formatTime(week.to),
      partial: week.partial,
      numbers,
      marks: { ...marks, flagChanges: flagChanges[i] ?? null },
    });
    yield;
  }
  memory?.set(pooled);
  const overall = numbersOf(aggregatesOf(asked, period));
  yield;
  const services: ServiceReport[] = [];
  for (const observations of asked) {
    if (isKnown(observations, period))
      services.push(serviceReport(observations, full.slice(-1 - weeksBefore), period));
    yield;
  }
  return {
    made: formatTime(now),
    timezone,
    environment: query.environment,
    environments: environmentsOf(streams, period),
    teams: teamsOf(streams, query.environment, period),
    service: query.service,
    team: query.team,
    weeks: weekReports,
    overall,
    openIncidents: asked.reduce((sum, { stream }) => sum + stream.openSince.length, 0),
    rolloutsTotal: asked.reduce((sum, { stream }) => sum + stream.exposedTotal, 0),
    services: services.sort((a, b) => compareBytes(a.service, b.service)),
  };
}

/** @param full the weeks that are over, those compared with and the last one */
function serviceReport(observations: StreamColumns, full: readonly Period[], period: Period): ServiceReport {
  const { service, team, openSince } = observations.stream;
  return {
    service,
    team,
    openIncidents: openSince.length,
    openSince: openSince[0] === undefined ? null : formatTime(openSince[0]),
    ...lastWeekOf(observations, full),
    overall: overallOf(observations, period),
  };
}

type LastWeek = Pick<ServiceReport, 'lastWeek' | 'movements'>;

/** Of the observations that were not read again since the last report nothing in these weeks has changed. */
const kept = new WeakMap<StreamColumns, { readonly weeks: string; readonly made: LastWeek }>();

function lastWeekOf(observations: StreamColumns, full: readonly Period[]): LastWeek {
  const weeks = full.map(({ from, to }) => `${from}-${to}`).join();
  const known = kept.get(observations);
  if (known?.weeks === weeks) return known.made;
  const last = full.at(-1);
  const lastWeek = last ? numbersOf(aggregatesOf([observations], last)) : null;
  const before = full.slice(0, -1).map(week => numbersOf(aggregatesOf([observations], week), trendFamilies));
  const made = { lastWeek, movements: trendsOf(lastWeek, before) };
  kept.set(observations, { weeks, made });
  return made;
}

/** As of {@link lastWeekOf}: of the same observations, the same weeks, and none since, only what is per day is another. */
const keptOverall = new WeakMap<StreamColumns, { readonly period: Period; readonly numbers: Numbers }>();
const perDay: ReadonlySet<string> = new Set(['deployments_per_day']);

function overallOf(observations: StreamColumns, period: Period): Numbers {
  const known = keptOverall.get(observations);
  const isSame =
    known?.period.from === period.from &&
    known.period.to <= period.to &&
    !hasSamples(observations, known.period.to, period.to);
  const tally = aggregatesOf([observations], period);
  const numbers = isSame ? { ...known.numbers, ...numbersOf(tally, perDay) } : numbersOf(tally);
  keptOverall.set(observations, { period, numbers });
  return numbers;
}

function hasSamples({ columns }: StreamColumns, from: number, to: number): boolean {
  return columns.values().some(({ timestamps }) => indexAt(timestamps, from) < indexAt(timestamps, to));
}

function environmentsOf(streams: readonly StreamColumns[], period: Period): string[] {
  const known = streams.filter(
    observations => observations.stream.exposedTotal > 0 || isKnown(observations, period),
  );
  return [...new Set(known.map(({ stream }) => stream.environment))].sort(compareBytes);
}

function teamsOf(streams: readonly StreamColumns[], environment: string, period: Period): string[] {
  const known = streams.filter(
    ({ stream, columns }) =>
      stream.team !== '' && stream.environment === environment && isKnown({ stream, columns }, period),
  );
  return [...new Set(known.map(({ stream }) => stream.team))].sort(compareBytes);
}
