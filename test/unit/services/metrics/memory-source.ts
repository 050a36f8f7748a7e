import { setImmediate } from 'node:timers/promises';
import { dayMs } from '../../../../domain/metrics/definitions.ts';
import type { Measure } from '../../../../domain/metrics/measures.ts';
import type { StreamColumns } from '../../../../services/metrics/live/columns.ts';
import { gather } from '../../../../services/metrics/live/gather.ts';
import type {
  CounterHistory,
  FlagQuestion,
  Observation,
  ObservationPage,
  ObservationQuestion,
  ObservationSource,
  ScorecardQuestion,
  ScoredStream,
  Services,
  Stream,
} from '../../../../services/metrics/live/source.ts';

/** Saturday noon; the week of Monday 2026-11-16 runs. */
export const noon = Date.UTC(2026, 10, 21, 12);
export const hourMs = 3_600_000;
export const daysAgo = (days: number) => noon - days * dayMs;

let ids = 0;

export function stream(of: Partial<Stream> = {}): Stream {
  ids += 1;
  return {
    id: ids,
    service: 'checkout',
    team: '',
    environment: 'production',
    exposedTotal: 0,
    rolledBackTotal: 0,
    openSince: [],
    partialSince: null,
    ...of,
  };
}

/** An observation, and whose it is. */
export type StreamObservation = Observation & { readonly stream: number };

export function observation(of: Stream, measure: Measure, at: number, value = 0): StreamObservation {
  return { stream: of.id, measure, at, value };
}

/** Streams and observations in memory, readable as the store is. */
export class MemorySource implements ObservationSource {
  streams: Stream[] = [];
  observations: StreamObservation[] = [];
  scored: ScoredStream[] = [];
  counterHistories: CounterHistory[] = [];
  /** When flags were changed. */
  flagChanges: { readonly service: string | null; readonly at: number }[] = [];
  repeats = 0;
  /** What every read waits for: a database that does not answer, or that is away. */
  gate: Promise<unknown> = Promise.resolve();
  readonly reads: Services[] = [];

  async readStreams(services: Services): Promise<Stream[]> {
    this.reads.push(services);
    await this.gate;
    return this.streams.filter(of => services === null || services.includes(of.service));
  }

  async *readObservations({
    services,
    from,
    to,
    since,
  }: ObservationQuestion): AsyncIterable<ObservationPage> {
    await this.gate;
    const asked = new Map(
      this.streams
        .filter(of => services === null || services.includes(of.service))
        .map(of => [of.id, Math.max(from, since?.get(of.service) ?? from)]),
    );
    const found = this.observations.filter(
      ({ stream: id, at }) => at >= (asked.get(id) ?? Infinity) && at < to,
    );
    for (let i = 0; i < found.length; i += 1000) {
      await setImmediate();
      yield* pagesOf(found.slice(i, i + 1000));
    }
  }

  async *readScored({ services, from }: ScorecardQuestion): AsyncIterable<ScoredStream> {
    await this.gate;
    const asked = this.streams.filter(of => services === null || services.includes(of.service));
    for (const { stream: id, rollouts } of this.scored) {
      const since = rollouts.filter(of => of.exposed >= from || (of.ended ?? 0) >= from);
      if (asked.some(of => of.id === id)) yield { stream: id, rollouts: since };
    }
  }

  async *readCounterHistories(): AsyncIterable<CounterHistory> {
    await this.gate;
    yield* this.counterHistories;
  }

  async countFlagChanges({ services, from, to }: FlagQuestion): Promise<number> {
    await this.gate;
    return this.flagChanges.filter(
      ({ service, at }) =>
        from <= at && at < to && (service === null || services === null || services.includes(service)),
    ).length;
  }

  async conflictingRepeats(): Promise<number> {
    await this.gate;
    return this.repeats;
  }
}

export async function gathered(
  streams: readonly Stream[],
  observations: readonly StreamObservation[],
): Promise<StreamColumns[]> {
  return gather(streams, pagesOf(observations));
}

async function* pagesOf(all: readonly StreamObservation[]): AsyncIterable<ObservationPage> {
  for (const [id, observations] of Map.groupBy(all, of => of.stream)) yield { stream: id, observations };
}

export interface ParsedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads Prometheus' text format; fails on what is not of it. */
export function parseExposition(text: string): ParsedSeries[] {
  return text
    .split('\n')
    .filter(row => row !== '' && !row.startsWith('#'))
    .map(row => {
      const match = /^([a-zA-Z_:][\w:]*)(?:\{([^\n]*)\})? (\S+)$/.exec(row);
      if (!match) throw new Error(`not a series: ${row}`);
      const labels = [...(match[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\\n]|\\.)*)"(?:,|$)/g)];
      return {
        name: match[1] ?? '',
        labels: Object.fromEntries(
          labels.map(([, name = '', value = '']) => [
            name,
            value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)),
          ]),
        ),
        value: Number.parseFloat(match[3] ?? ''),
      };
    });
}

/** The value of the one series with this name and at least these labels; undefined where there is none. */
export function seriesOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}) {
  return parseExposition(text).find(
    series =>
      series.name === name &&
      Object.entries(labels).every(([label, value]) => series.labels[label] === value),
  )?.value;
}
