import { compareBytes } from '../../../domain/events/byte-order.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { type Scorecard, scorecardOf } from '../../../domain/metrics/scorecard.ts';
import { type ScorecardPart, scorecardReachMs } from '../../../domain/metrics/scorecard-part.ts';
import type { Period } from '../live/aggregates.ts';
import type { ObservationSource, Services } from '../live/source.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';
import { PackedRollouts } from './packed-rollouts.ts';
import { StreamScores } from './stream-scores.ts';

/** The services that a scorecard is about; null: not narrowed. */
export interface ScorecardQuery {
  readonly environment: string;
  readonly service: string | null;
  readonly team: string | null;
}

/** The canary scorecard of a period. Times are RFC 3339 in UTC; `from` is included, `to` is not. */
export interface ScorecardReport extends ScorecardQuery {
  readonly from: string;
  readonly to: string;
  /** The services in question, pooled. */
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
  /** How often everything is read again, in case a change notification was lost. Default 10 minutes. */
  readonly reloadEveryMs?: number;
}

/**
 * Computes scorecards from rollouts that are kept in memory. The first question reads all of them; each later one reads
 * the services that were invalidated since, so that a question costs what has changed.
 */
export class Scorecards {
  readonly #source: ObservationSource;
  readonly #now: () => number;
  readonly #reloadEveryMs: number;
  #services = new Map<string, readonly StreamScores[]>();
  /** The services to be read again, by name; null: all. */
  #invalidated: ReadonlySet<string> | null = null;
  #reading: Promise<void> | null = null;
  #reloadedAt = 0;

  constructor({ source, now, reloadEveryMs = 600_000 }: ScorecardsOptions) {
    this.#source = source;
    this.#now = now;
    this.#reloadEveryMs = reloadEveryMs;
  }

  /** Something was committed. @param services those whose rollouts may have changed; null: any */
  invalidate(services: Services): void {
    this.#invalidated = this.#invalidated && services && this.#invalidated.union(new Set(services));
  }

  /** @param period it must begin within the reach of scorecards, see {@link scorecardReachMs}, and end now */
  async of(query: ScorecardQuery, period: Period): Promise<ScorecardReport> {
    await this.#refresh();
    const { environment, service, team } = query;
    const yieldToEventLoop = eventLoopYielder();
    const parts: ScorecardPart[] = [];
    const services: ServiceScorecard[] = [];
    for (const scores of this.#scoresOf(query)) {
      const { part, scorecard } = scores.of(period);
      if (scorecard.exposed + scorecard.aborts.total === 0) continue;
      parts.push(part);
      services.push({ service: scores.stream.service, team: scores.stream.team, scorecard });
      await yieldToEventLoop();
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

  #scoresOf({ environment, service, team }: ScorecardQuery): StreamScores[] {
    const ofServices =
      service === null ? [...this.#services.values()].flat() : (this.#services.get(service) ?? []);
    return ofServices
      .filter(({ stream }) => stream.environment === environment && (team === null || stream.team === team))
      .sort((a, b) => compareBytes(a.stream.service, b.stream.service));
  }

  async #refresh(): Promise<void> {
    if (this.#now() - this.#reloadedAt > this.#reloadEveryMs) this.invalidate(null);
    // A read that is under way may have begun before the last change.
    await this.#reading;
    if (this.#invalidated?.size === 0) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    const invalidated = this.#invalidated;
    this.#invalidated = new Set();
    try {
      const now = this.#now();
      const services = invalidated && [...invalidated];
      const streams = await this.#source.readStreams(services);
      const rollouts = new Map(streams.map(({ id }) => [id, new PackedRollouts()]));
      const yieldToEventLoop = eventLoopYielder();
      for await (const page of this.#source.readScored({ services, from: now - scorecardReachMs })) {
        rollouts.get(page.stream)?.add(page.rollouts);
        await yieldToEventLoop();
      }
      const scores = streams.map(stream => new StreamScores(stream, rollouts.get(stream.id) ?? []));
      const read = Map.groupBy(scores, ({ stream }) => stream.service);
      if (invalidated) {
        for (const service of invalidated) this.#services.delete(service);
        for (const [service, of] of read) this.#services.set(service, of);
      } else {
        this.#services = read;
        this.#reloadedAt = now;
      }
    } catch (error) {
      this.invalidate(invalidated && [...invalidated]);
      throw error;
    }
  }
}
