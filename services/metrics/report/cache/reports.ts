import type { History } from '../../live/cache/history.ts';
import type { StreamColumns } from '../../live/columns.ts';
import { gather } from '../../live/gather.ts';
import type { Snapshot } from '../../live/snapshot.ts';
import type { ObservationSource } from '../../live/source.ts';
import {
  type ReportMemory,
  type ReportQuery,
  reportStart,
  type WeeklyReport,
  weeklyReportInTurns,
} from '../report.ts';
import { lastWeeks } from '../weeks.ts';
import type { PooledWeeks } from './pooled-weeks.ts';

export interface ReportsOptions {
  readonly snapshot: Snapshot;
  /** Asked for what the snapshot does not hold: reports that go back further, and flag changes. */
  readonly source: ObservationSource;
  /** Asked for many services that go back further than the snapshot. */
  readonly history: History;
  readonly timezone: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type About = Pick<ReportQuery, 'service' | 'team'>;

/** So many streams are read from the record in no time. */
const fewStreams = 10;
/** Questions whose answers are kept until the snapshot changes. */
const keptMax = 64;
/** Questions whose weeks are kept after that; they keep the observations alive that they were pooled from. */
const pooledMax = 8;

/**
 * Reports, and what is printed from them. Each is made once per edition of the snapshot, however many ask: that is half a
 * second under steady traffic, and 15 seconds, in which its windows have slid, without any.
 */
export class Reports {
  readonly #options: ReportsOptions;
  #edition = -1;
  #kept = new Map<string, Promise<unknown>>();
  readonly #pooled = new Map<string, PooledWeeks>();

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** The report on a question. @throws when the database is asked and does not answer */
  report(query: ReportQuery): Promise<WeeklyReport> {
    return this.once(`report ${JSON.stringify(query)}`, () => this.#make(query));
  }

  /** What `make` gives, made once per edition for each key. */
  once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const { version } = this.#options.snapshot;
    if (version !== this.#edition) {
      this.#edition = version;
      this.#kept = new Map();
    }
    const kept = this.#kept;
    const known = kept.get(key);
    if (known !== undefined) return known as Promise<T>;
    if (kept.size >= keptMax) kept.delete(kept.keys().next().value ?? '');
    const made = make();
    kept.set(key, made);
    made.catch(() => kept.delete(key));
    return made;
  }

  async #make(query: ReportQuery): Promise<WeeklyReport> {
    const { timezone } = this.#options;
    const now = this.#options.now();
    const streams = await this.streamsBetween(reportStart(now, query.weeks, timezone), now, query);
    // What the snapshot holds is shown while the database is away, too.
    const flags = await this.#flagChanges(streams, query, now).catch(() => []);
    return weeklyReportInTurns(streams, query, now, timezone, flags, this.#memoryOf(query));
  }

  #memoryOf(query: ReportQuery): ReportMemory {
    const key = JSON.stringify(query);
    return {
      get: () => this.#pooled.get(key) ?? null,
      set: pooled => {
        this.#pooled.delete(key);
        this.#pooled.set(key, pooled);
        if (this.#pooled.size > pooledMax) this.#pooled.delete(this.#pooled.keys().next().value ?? '');
      },
    };
  }

  /** The streams with their observations in a period; where they have to be read, only those of who is asked about. */
  readonly streamsBetween = async (from: number, to: number, query: About): Promise<StreamColumns[]> => {
    const { snapshot, source } = this.#options;
    const known = snapshot.streamsSince(from);
    if (known) return known;
    const streams = await source.readStreams(null);
    const asked = streams.filter(stream => isAsked(stream, query));
    // A few are read quickly; for many, what was read before is kept.
    const kept = asked.length > fewStreams ? await this.#options.history.streamsSince(from) : null;
    if (kept) return kept;
    const services = asked.length < streams.length ? [...new Set(asked.map(stream => stream.service))] : null;
    return gather(streams, source.readObservations({ services, from, to }));
  };

  /** Of each week; one small query each, so that none takes long. */
  async #flagChanges(streams: readonly StreamColumns[], query: ReportQuery, now: number): Promise<number[]> {
    const { source, timezone } = this.#options;
    const { service, team } = query;
    const asked = streams.filter(({ stream }) => isAsked(stream, query)).map(({ stream }) => stream.service);
    const services = service === null && team === null ? null : [...new Set(asked)];
    const counts: number[] = [];
    for (const { from, to } of lastWeeks(now, query.weeks, timezone))
      counts.push(await source.countFlagChanges({ services, from, to: Math.min(to, now) }));
    return counts;
  }
}

function isAsked(stream: { service: string; team: string }, { service, team }: About): boolean {
  return (service === null || stream.service === service) && (team === null || stream.team === team);
}
