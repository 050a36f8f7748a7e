import { type Columns, gather, type StreamColumns } from '../columns.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Invalidation, invalidateWholly, type ObservationSource, widenInvalidation } from '../source.ts';
import { eventLoopYielder } from '../yield-to-event-loop.ts';
import { joinColumns } from './join-columns.ts';

export interface HistoryOptions {
  readonly snapshot: Snapshot;
  readonly source: ObservationSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Touched services that one question reads again at once; more of them wait for their turn. Default 20. */
  readonly readAtOnce?: number;
  /** How long a touched service may wait for its turn. Default 5 minutes. */
  readonly waitMs?: number;
}

/** The longest report, a week, and a day for the clocks. */
const reachMs = (54 * 7 + 1) * 86_400_000;
/** So far may the snapshot slide between what is asked of it here and there. */
const slackMs = 3_600_000;
/** So far may the snapshot slide until everything is read again. */
const reserveMs = 7 * 86_400_000;

/**
 * The observations of more than a year, for questions that go further back than the snapshot. What is recent comes from
 * the snapshot; the rest is read when somebody first asks, and again, service by service, where something changed
 * further back than the snapshot goes. Where that happens to many services at once, such as in an import, a change may
 * take some minutes to show in a week that is more than a quarter old.
 */
export class History {
  readonly #snapshot: Snapshot;
  readonly #source: ObservationSource;
  readonly #now: () => number;
  readonly #readAtOnce: number;
  readonly #waitMs: number;
  #services = new Map<string, readonly StreamColumns[]>();
  /** Where what is kept here ends, milliseconds since 1970. */
  #keptTo = 0;
  readonly #readAt = new Map<string, number>();
  /** What is not as it was read; null: nothing was read. */
  #touched: Map<string, number> | null = null;
  #reading: Promise<void> | null = null;
  readonly #join = new WeakMap<StreamColumns, { old: Columns; from: number; joined: StreamColumns }>();

  constructor({ snapshot, source, now, readAtOnce = 20, waitMs = 300_000 }: HistoryOptions) {
    this.#snapshot = snapshot;
    this.#source = source;
    this.#now = now;
    this.#readAtOnce = readAtOnce;
    this.#waitMs = waitMs;
  }

  /** Something was committed. @param touched null: anything may have changed */
  touch(touched: Invalidation | null): void {
    if (touched === null) this.#touched = null;
    else if (this.#touched) widenInvalidation(this.#touched, touched);
  }

  /**
   * All streams with their observations since `from`.
   * @returns null when that is further back than is kept, or the snapshot has nothing yet
   */
  async streamsSince(from: number): Promise<StreamColumns[] | null> {
    if (this.#snapshot.loadedFrom === null || from < this.#now() - reachMs) return null;
    await this.#refresh();
    // Only now: meanwhile the snapshot may have slid.
    const { loadedFrom } = this.#snapshot;
    return this.#joined(loadedFrom, this.#snapshot.streamsSince(loadedFrom) ?? []);
  }

  async #joined(from: number, recent: readonly StreamColumns[]): Promise<StreamColumns[]> {
    const breathe = eventLoopYielder();
    const joined: StreamColumns[] = [];
    for (const observations of recent) {
      const { service, environment } = observations.stream;
      const old = this.#services.get(service)?.find(kept => kept.stream.environment === environment)?.columns;
      joined.push(old ? this.#joinedOnce(old, observations, from) : observations);
      await breathe();
    }
    return joined;
  }

  /** Most services are the same from one question to the next, and whoever keeps what it made of them may see that. */
  #joinedOnce(old: Columns, recent: StreamColumns, from: number): StreamColumns {
    if (!reachesBack(old, from)) return recent;
    const known = this.#join.get(recent);
    if (known?.old === old && known.from === from) return known.joined;
    const joined = { stream: recent.stream, columns: joinColumns(old, recent.columns, from) };
    this.#join.set(recent, { old, from, joined });
    return joined;
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

  #due(): readonly string[] | null {
    const now = this.#now();
    // A service that changed since then only is due when the snapshot has slid so far.
    const recent = (this.#snapshot.loadedFrom ?? 0) + slackMs;
    if (this.#touched === null || recent > this.#keptTo) return null;
    const touched = [...this.#touched].flatMap(([service, since]) => (since < recent ? [service] : []));
    if (touched.length <= this.#readAtOnce) return touched;
    const readAt = (service: string) => this.#readAt.get(service) ?? 0;
    const byAge = touched.sort((a, b) => readAt(a) - readAt(b));
    const tooLong = byAge.findIndex(service => readAt(service) > now - this.#waitMs);
    return byAge.slice(0, Math.max(this.#readAtOnce, tooLong === -1 ? byAge.length : tooLong));
  }

  async #read(services: readonly string[] | null): Promise<void> {
    const now = this.#now();
    if (services === null) this.#touched = new Map();
    else for (const service of services) this.#touched?.delete(service);
    try {
      const streams = await this.#source.readStreams(services);
      const { loadedFrom } = this.#snapshot;
      const to = services === null ? (loadedFrom ?? now) + slackMs + reserveMs : this.#keptTo;
      const period = { from: now - reachMs, to };
      const read = Map.groupBy(
        await gather(streams, this.#source.readObservations({ services, ...period })),
        ({ stream }) => stream.service,
      );
      if (services === null) this.#services = read;
      this.#keptTo = to;
      for (const service of services ?? []) this.#services.delete(service);
      for (const [service, of] of read) this.#services.set(service, of);
      for (const service of services ?? read.keys()) this.#readAt.set(service, now);
    } catch (error) {
      this.touch(services && invalidateWholly(services));
      throw error;
    }
  }
}

/** Whether there is any observation before a moment. */
function reachesBack(columns: Columns, from: number): boolean {
  return columns.values().some(({ timestamps }) => (timestamps[0] ?? from) < from);
}
