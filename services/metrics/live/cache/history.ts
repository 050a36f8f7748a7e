import { type Columns, joinColumns, type StreamColumns } from '../columns.ts';
import { readColumns } from '../gather.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Invalidation, invalidateWholly, type ObservationSource, widenInvalidation } from '../source.ts';
import { eventLoopYielder } from '../yield-to-event-loop.ts';

export interface HistoryOptions {
  readonly snapshot: Snapshot;
  readonly source: ObservationSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many invalidated services one question reads again; the others wait for their turn. Default 20. */
  readonly readAtOnce?: number;
  /** How long an invalidated service may wait for its turn. Default 5 minutes. */
  readonly waitMs?: number;
}

/** How far back the history goes: the longest report, a week, and a day for differences between clocks. */
const reachMs = (54 * 7 + 1) * 86_400_000;
/** How far the snapshot may slide between two questions that are asked of it within one answer. */
const slackMs = 3_600_000;
/** How far the snapshot may slide before everything is read again. */
const reserveMs = 7 * 86_400_000;

/**
 * What {@link readColumns} answers for more than a year, kept in memory for questions that go further back than the
 * snapshot. Recent observations come from the snapshot. Older ones are read with the first question, and again, service
 * by service, where a change lies further back than the snapshot goes. When that concerns many services at once, as in
 * an import, a change may take some minutes to show in weeks that are more than a quarter old.
 */
export class History {
  readonly #snapshot: Snapshot;
  readonly #source: ObservationSource;
  readonly #now: () => number;
  readonly #readAtOnce: number;
  readonly #waitMs: number;
  #services = new Map<string, readonly StreamColumns[]>();
  /** The end of the observations that were read, milliseconds since 1970. */
  #readTo = 0;
  /** When each service was read, milliseconds since 1970. */
  readonly #readAt = new Map<string, number>();
  /** What changed since it was read; null: nothing was read yet, or anything may have changed. */
  #invalidated: Map<string, number> | null = null;
  #reading: Promise<void> | null = null;
  readonly #joined = new WeakMap<StreamColumns, Joined>();

  constructor({ snapshot, source, now, readAtOnce = 20, waitMs = 300_000 }: HistoryOptions) {
    this.#snapshot = snapshot;
    this.#source = source;
    this.#now = now;
    this.#readAtOnce = readAtOnce;
    this.#waitMs = waitMs;
  }

  /** Something was committed. @param invalidated null: anything may have changed */
  invalidate(invalidated: Invalidation | null): void {
    if (invalidated === null) this.#invalidated = null;
    else if (this.#invalidated) widenInvalidation(this.#invalidated, invalidated);
  }

  /**
   * All streams with their observations since `from`.
   * @returns null when that is further back than the history goes, or the snapshot has not read anything yet
   */
  async streamsSince(from: number): Promise<StreamColumns[] | null> {
    if (this.#snapshot.loadedFrom === null || from < this.#now() - reachMs) return null;
    await this.#refresh();
    // Asked after the refresh, during which the snapshot may have slid.
    const { loadedFrom } = this.#snapshot;
    return this.#join(this.#snapshot.streamsSince(loadedFrom) ?? [], loadedFrom);
  }

  async #join(recent: readonly StreamColumns[], from: number): Promise<StreamColumns[]> {
    const yieldToEventLoop = eventLoopYielder();
    const joined: StreamColumns[] = [];
    for (const streamColumns of recent) {
      const { service, environment } = streamColumns.stream;
      const old = this.#services.get(service)?.find(each => each.stream.environment === environment)?.columns;
      joined.push(old ? this.#joinStream(old, streamColumns, from) : streamColumns);
      await yieldToEventLoop();
    }
    return joined;
  }

  /** Answers with the same object while the stream is unchanged, so that what was computed from it can be kept too. */
  #joinStream(old: Columns, recent: StreamColumns, from: number): StreamColumns {
    if (!reachesBack(old, from)) return recent;
    const known = this.#joined.get(recent);
    if (known?.old === old && known.from === from) return known.whole;
    const whole = { stream: recent.stream, columns: joinColumns(old, recent.columns, from) };
    this.#joined.set(recent, { old, from, whole });
    return whole;
  }

  async #refresh(): Promise<void> {
    await this.#reading;
    const due = this.#due();
    if (due?.length === 0) return;
    this.#reading ??= this.#read(due).finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  /** The services to read again; null: all. */
  #due(): readonly string[] | null {
    const now = this.#now();
    // A service that changed after this time is due only once the snapshot has slid past the change.
    const recent = (this.#snapshot.loadedFrom ?? 0) + slackMs;
    if (this.#invalidated === null || recent > this.#readTo) return null;
    const changed = [...this.#invalidated].flatMap(([service, since]) => (since < recent ? [service] : []));
    if (changed.length <= this.#readAtOnce) return changed;
    const readAt = (service: string) => this.#readAt.get(service) ?? 0;
    const oldestFirst = changed.sort((a, b) => readAt(a) - readAt(b));
    const firstInTime = oldestFirst.findIndex(service => readAt(service) > now - this.#waitMs);
    const overdue = firstInTime === -1 ? oldestFirst.length : firstInTime;
    return oldestFirst.slice(0, Math.max(this.#readAtOnce, overdue));
  }

  async #read(services: readonly string[] | null): Promise<void> {
    const now = this.#now();
    if (services === null) this.#invalidated = new Map();
    else for (const service of services) this.#invalidated?.delete(service);
    try {
      const { loadedFrom } = this.#snapshot;
      const to = services === null ? (loadedFrom ?? now) + slackMs + reserveMs : this.#readTo;
      const streams = await readColumns(this.#source, { services, from: now - reachMs, to });
      const read = Map.groupBy(streams, ({ stream }) => stream.service);
      if (services === null) this.#services = read;
      this.#readTo = to;
      for (const service of services ?? []) this.#services.delete(service);
      for (const [service, of] of read) this.#services.set(service, of);
      for (const service of services ?? read.keys()) this.#readAt.set(service, now);
    } catch (error) {
      this.invalidate(services && invalidateWholly(services));
      throw error;
    }
  }
}

/** The old and the recent observations of a stream as one, and what they were joined from. */
interface Joined {
  readonly old: Columns;
  readonly from: number;
  readonly whole: StreamColumns;
}

/** Whether any observation lies before `from`. */
function reachesBack(columns: Columns, from: number): boolean {
  return columns.values().some(({ timestamps }) => (timestamps[0] ?? from) < from);
}
