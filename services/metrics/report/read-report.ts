import type { Period } from '../live/aggregates.ts';
import type { History } from '../live/cache/history.ts';
import type { StreamColumns } from '../live/columns.ts';
import { gather } from '../live/gather.ts';
import type { Snapshot } from '../live/snapshot.ts';
import type { ObservationSource } from '../live/source.ts';
import {
  type ReportMemory,
  type ReportQuery,
  reportStart,
  type WeeklyReport,
  weeklyReportInTurns,
} from './report.ts';
import { lastWeeks } from './weeks.ts';

/** Where reports are read from. */
export interface ReportSources {
  readonly snapshot: Snapshot;
  /** Asked for what the snapshot does not hold: older observations of a few services, and flag changes. */
  readonly source: ObservationSource;
  /** Asked for older observations of many services. */
  readonly history: History;
  /** Zone of the weeks. */
  readonly timezone: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The services in question: one, those of a team, or all. */
export type AskedServices = Pick<ReportQuery, 'service' | 'team'>;

/** Up to so many streams are read from the store when asked for; of more the history keeps the observations. */
const fewStreams = 10;

/**
 * The report on a question as it is now.
 * @param memory see {@link weeklyReportInTurns}
 * @throws when the database is asked and does not answer
 */
export async function readReport(
  sources: ReportSources,
  query: ReportQuery,
  memory?: ReportMemory,
): Promise<WeeklyReport> {
  const { timezone } = sources;
  const now = sources.now();
  const period = { from: reportStart(now, query.weeks, timezone), to: now };
  const streams = await streamsBetween(sources, period, query);
  // Flag changes are not in the snapshot: while the database is away, the report is shown without them.
  const flagChanges = await countFlagChanges(sources, streams, query, now).catch(() => []);
  return weeklyReportInTurns(streams, query, now, timezone, flagChanges, memory);
}

/**
 * The streams with their observations of a period; earlier and later ones may be among them.
 * @param query whose observations are needed; those of other services may be missing
 */
export async function streamsBetween(
  { snapshot, source, history }: ReportSources,
  { from, to }: Period,
  query: AskedServices,
): Promise<StreamColumns[]> {
  const inSnapshot = snapshot.streamsSince(from);
  if (inSnapshot) return inSnapshot;
  const streams = await source.readStreams(null);
  const asked = streams.filter(stream => isAsked(stream, query));
  const inHistory = asked.length > fewStreams ? await history.streamsSince(from) : null;
  if (inHistory) return inHistory;
  const services = asked.length < streams.length ? [...new Set(asked.map(stream => stream.service))] : null;
  return gather(streams, source.readObservations({ services, from, to }));
}

/** How many flags were changed in each week: a small query per week, so that none takes long. */
async function countFlagChanges(
  { source, timezone }: ReportSources,
  streams: readonly StreamColumns[],
  query: ReportQuery,
  now: number,
): Promise<number[]> {
  const asked = streams.filter(({ stream }) => isAsked(stream, query)).map(({ stream }) => stream.service);
  const services = query.service === null && query.team === null ? null : [...new Set(asked)];
  const counts: number[] = [];
  for (const { from, to } of lastWeeks(now, query.weeks, timezone))
    counts.push(await source.countFlagChanges({ services, from, to: Math.min(to, now) }));
  return counts;
}

function isAsked(stream: { service: string; team: string }, { service, team }: AskedServices): boolean {
  return (service === null || stream.service === service) && (team === null || stream.team === team);
}
