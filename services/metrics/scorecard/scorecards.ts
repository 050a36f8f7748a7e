import { compareBytes } from '../../../domain/events/byte-order.ts';
import { formatTime } from '../../../domain/events/time.ts';
import {
  type Scorecard,
  type ScorecardPart,
  scorecardOf,
  scorecardReachMs,
} from '../../../domain/metrics/scorecard.ts';
import type { Period } from '../live/aggregates.ts';
import type { ObservationSource, Services } from '../live/source.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';
import { PackedRollouts } from './packed-rollouts.ts';
import { StreamScores } from './stream-scores.ts';

/** Whom a scorecard is about; null: not narrowed. */
export interface ScorecardQuery {
  readonly environment: string;
  readonly service: string | null;
  readonly team: string | null;
}

/** The canary scorecard of a period. Times are RFC 3339 in UTC; `from` is included, `to` is not. */
export interface ScorecardReport extends ScorecardQuery {
  readonly from: string;
  readonly to: string;
  /** Of all services that were asked about, pooled. */
  readonly overall: Scorecard;
  /** Services with a rollout exposed or rolled back in the period, by name. */
  readonly services: readonly ServiceScorecard[];
}

export interface ServiceScorecard {
  readonly service: string;
  readonly team: string;
  readonly scorecard: Scorecard;
}

export interface ScorecardsOptions {
  readonly source: ObservationSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How often everything is read again, should a wake have been lost. Default 10 minutes. */
  readonly reloadEveryMs?: number;
}

/**
 * Computes scorecards from rollouts kept in memory. They are read when somebody first asks; after that, what was
 * touched is read again with the next question, so that nobody's question costs more than what has changed.
 */
export class Scorecards {
  readonly #source: ObservationSource;
  readonly #now: () => number;
  readonly #reloadEveryMs: number;
  #services = new Map<string, readonly StreamScores[]>();
  /** What has to be read again: services by name, or null for all of them. */
  #touched: ReadonlySet<string> | null = null;
  #reading: Promise<void> | null = null;
  #reloadedAt = 0;

  constructor({ source, now, reloadEveryMs = 600_000 }: ScorecardsOptions) {
    this.#source = source;
    this.#now = now;
    this.#reloadEveryMs = reloadEveryMs;
  }

  /** Something was committed. @param services names of the services that it touched; null: any */
  touch(services: Services): void {
    this.#touched = this.#touched && services && this.#touched.union(new Set(services));
  }

  /** @param period it must begin within the reach of scorecards, see {@link scorecardReachMs}, and end now */
  async of(query: ScorecardQuery, period: Period): Promise<ScorecardReport> {
    await this.#refresh();
    const { environment, service, team } = query;
    const breathe = eventLoopYielder();
    const parts: ScorecardPart[] = [];
    const services: ServiceScorecard[] = [];
    for (const scores of this.#asked(query)) {
      const { part, scorecard } = scores.of(period);
      if (scorecard.exposed + scorecard.aborts.total === 0) continue;
      parts.push(part);
      services.push({ service: scores.stream.service, team: scores.stream.team, scorecard });
      await breathe();
    }
    return {
      environment,
      service,
      team,
      from: formatTime(period.from),
      to: formatTime(period.to),
      overall: scorecardOf(parts),
      services,
    };
  }

  #asked({ environment, service, team }: ScorecardQuery): StreamScores[] {
    const ofServices =
      service === null ? [...this.#services.values()].flat() : (this.#services.get(service) ?? []);
    return ofServices
      .filter(({ stream }) => stream.environment === environment && (team === null || stream.team === team))
      .sort((a, b) => compareBytes(a.stream.service, b.stream.service));
  }

  async #refresh(): Promise<void> {
    if (this.#now() - this.#reloadedAt > this.#reloadEveryMs) this.touch(null);
    // What is being read may have begun before the last touch.
    await this.#reading;
    if (this.#touched?.size === 0) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    const touched = this.#touched;
    this.#touched = new Set();
    try {
      const now = this.#now();
      const services = touched && [...touched];
      const streams = await this.#source.readStreams(services);
      const rollouts = new Map(streams.map(({ id }) => [id, new PackedRollouts()]));
      const breathe = eventLoopYielder();
      for await (const page of this.#source.readScored({ services, from: now - scorecardReachMs })) {
        rollouts.get(page.stream)?.add(page.rollouts);
        await breathe();
      }
      const scores = streams.map(stream => new StreamScores(stream, rollouts.get(stream.id) ?? []));
      const read = Map.groupBy(scores, ({ stream }) => stream.service);
      if (touched) {
        for (const service of touched) this.#services.delete(service);
        for (const [service, of] of read) this.#services.set(service, of);
      } else {
        this.#services = read;
        this.#reloadedAt = now;
      }
    } catch (error) {
      this.touch(touched && [...touched]);
      throw error;
    }
  }
}
