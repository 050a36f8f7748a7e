import { dayMs, windowDaysMax } from '../../../../domain/metrics/definitions.ts';
import { joinColumns, type StreamColumns } from '../columns.ts';
import { readColumns } from '../gather.ts';
import type { Invalidation, ObservationSource } from '../source.ts';

const longestWindowMs = windowDaysMax * dayMs;
/** Observations that lie ahead are read too, so that they show when their time comes before the next reload. */
const aheadMs = 3_600_000;

/**
 * What {@link readColumns} answers for the longest window, kept in memory. A refresh reads the invalidated services
 * only, and of those that are known only the observations since the change; what lies before the change is joined from
 * memory. A stream that a refresh left as it was keeps its object, so that what was computed from it can be kept too.
 */
export class RecentStreams {
  readonly #source: ObservationSource;
  #services = new Map<string, readonly StreamColumns[]>();
  #loadedFrom: number | null = null;

  constructor(source: ObservationSource) {
    this.#source = source;
  }

  /** The beginning of the observations in memory, milliseconds since 1970; null before the first reload. */
  get loadedFrom(): number | null {
    return this.#loadedFrom;
  }

  all(): StreamColumns[] {
    return [...this.#services.values()].flat();
  }

  /** Reads everything again. @param now milliseconds since 1970 */
  async reload(now: number): Promise<void> {
    const from = now - longestWindowMs;
    const streams = await readColumns(this.#source, { services: null, from, to: now + aheadMs });
    this.#services = byService(streams);
    this.#loadedFrom = from;
  }

  /** Reads what was invalidated. @param now milliseconds since 1970 */
  async refresh(invalidated: Invalidation, now: number): Promise<void> {
    const from = now - longestWindowMs;
    const since = new Map(invalidated.entries().filter(([service]) => this.#services.has(service)));
    const services = [...invalidated.keys()];
    const recent = await readColumns(this.#source, { services, from, to: now + aheadMs, since });
    const read = byService(recent.map(streamColumns => this.#joined(streamColumns, since, from)));
    // A known service keeps its position, so that the renderer finds unchanged neighbours in unchanged blocks.
    for (const [service, streams] of read) this.#services.set(service, streams);
    for (const service of services) if (!read.has(service)) this.#services.delete(service);
  }

  #joined(recent: StreamColumns, since: ReadonlyMap<string, number>, from: number): StreamColumns {
    const { stream, columns } = recent;
    const known = this.#services.get(stream.service)?.find(each => each.stream.id === stream.id);
    const changedAt = since.get(stream.service);
    if (known === undefined || changedAt === undefined || changedAt <= from) return recent;
    return { stream, columns: joinColumns(known.columns, columns, changedAt) };
  }
}

const byService = (streams: readonly StreamColumns[]) => Map.groupBy(streams, ({ stream }) => stream.service);
