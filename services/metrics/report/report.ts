import { compareBytes } from '../../../domain/events/byte-order.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { aggregatesOf, type Period } from '../live/aggregates.ts';
import type { StreamColumns } from '../live/columns.ts';
import { isKnown } from '../live/scopes.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';
import type { Annotations } from './annotations.ts';
import { PooledWeeks } from './cache/pooled-weeks.ts';
import { type Numbers, numbersOf } from './numbers.ts';
import { type ServiceParts, type ServiceReport, serviceParts, serviceReport } from './service-report.ts';
import { weeksBefore } from './trend.ts';
import { lastWeeks } from './weeks.ts';

export type { ServiceReport } from './service-report.ts';

/** What a report is about. `service` and `team` are null where the report is about all of them. */
export interface ReportQuery {
  readonly environment: string;
  readonly service: string | null;
  readonly team: string | null;
  readonly weeks: number;
}

/** Times are RFC 3339 in UTC; `from` is included, `to` is not. */
export interface WeekReport {
  /** ISO 8601: `2026-W47`. */
  readonly week: string;
  readonly from: string;
  /** Of the running week: when the report was made. */
  readonly to: string;
  /** Whether the week still runs. */
  readonly partial: boolean;
  readonly numbers: Numbers;
  readonly marks: Annotations;
}

export interface WeeklyReport {
  readonly made: string;
  readonly timezone: string;
  readonly environment: string;
  /** Every environment with an observation in these weeks, an open incident, or a rollout at any time. */
  readonly environments: readonly string[];
  /** Every team with an observation in these weeks, or an open incident, in this environment. */
  readonly teams: readonly string[];
  readonly service: string | null;
  readonly team: string | null;
  /** Oldest first; the last one still runs. The services in question, pooled. */
  readonly weeks: readonly WeekReport[];
  /** All weeks together. */
  readonly overall: Numbers;
  readonly openIncidents: number;
  /** Every rollout in the store, those before these weeks included. */
  readonly rolloutsTotal: number;
  /** Services with an observation in these weeks, or an open incident, by name. */
  readonly services: readonly ServiceReport[];
}

/** The beginning of a report over so many weeks, in milliseconds since 1970. */
export function reportStart(now: number, weeks: number, timezone: string): number {
  return lastWeeks(now, weeks, timezone)[0]?.from ?? now;
}

/**
 * The weekly report, from the observations since {@link reportStart}.
 * @param flagChanges of each week, the oldest first; absent: not known
 * @param memory of the report before this one, on the same question; absent: everything is computed
 */
export function weeklyReport(...args: ReportArguments): WeeklyReport {
  const steps = reportSteps(...args);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** {@link weeklyReport}, yielding to the event loop: with hundreds of services it takes a while. */
export async function weeklyReportInTurns(...args: ReportArguments): Promise<WeeklyReport> {
  const yieldToEventLoop = eventLoopYielder();
  const steps = reportSteps(...args);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await yieldToEventLoop();
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

/** What the next report may take over from the ones before. */
export interface ReportMemory {
  /** The weeks of the last report on the same question; null: there is none. */
  get(): PooledWeeks | null;
  set(pooled: PooledWeeks): void;
  /** A cache that all reports share. */
  readonly serviceParts: ServiceParts;
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
    const { numbers, annotations } = pooled.of(week);
    weekReports.push({
      week: week.label,
      from: formatTime(week.from),
      to: formatTime(week.to),
      partial: week.partial,
      numbers,
      marks: { ...annotations, flagChanges: flagChanges[i] ?? null },
    });
    yield;
  }
  memory?.set(pooled);
  const overall = numbersOf(aggregatesOf(asked, period));
  yield;
  const compared = full.slice(-1 - weeksBefore);
  const parts = memory?.serviceParts ?? serviceParts;
  const services: ServiceReport[] = [];
  for (const stream of asked) {
    if (isKnown(stream, period)) services.push(serviceReport(stream, compared, period, parts));
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

function environmentsOf(streams: readonly StreamColumns[], period: Period): string[] {
  const known = streams.filter(stream => stream.stream.exposedTotal > 0 || isKnown(stream, period));
  return [...new Set(known.map(({ stream }) => stream.environment))].sort(compareBytes);
}

function teamsOf(streams: readonly StreamColumns[], environment: string, period: Period): string[] {
  const known = streams.filter(
    ({ stream, columns }) =>
      stream.team !== '' && stream.environment === environment && isKnown({ stream, columns }, period),
  );
  return [...new Set(known.map(({ stream }) => stream.team))].sort(compareBytes);
}
