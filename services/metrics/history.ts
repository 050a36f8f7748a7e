import type { Measure } from '../../domain/definitions.ts';
import { breather } from './breathe.ts';
import { type Column, gather, indexAt, type LineSamples } from './columns.ts';
import type { Snapshot } from './snapshot.ts';
import type { SampleSource, Services } from './source.ts';

export interface HistoryOptions {
  readonly snapshot: Snapshot;
  readonly source: SampleSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Touched services that one question reads again at once; more of them wait for their turn. Default 20. */
  readonly readAtOnce?: number;
  /** How long a touched service may wait for its turn. Default 5 minutes. */
  readonly waitMs?: number;
}

type Columns = LineSamples['columns'];

/** The longest report, a week, and a day for the clocks. */
const reachMs = (54 * 7 + 1) * 86_400_000;
const aheadMs = 3_600_000;

/**
 * The samples of more than a year, for questions that go further back than the snapshot. What is recent comes from
 * the snapshot; the rest is read when somebody first asks, and again, service by service, where something was
 * touched. Under steady traffic everything is touched all the time and hardly ever that far back, so a late event
 * may take some minutes to show in a week that is more than a quarter old.
 */
export class History {
  readonly #snapshot: Snapshot;
  readonly #source: SampleSource;
  readonly #now: () => number;
  readonly #readAtOnce: number;
  readonly #waitMs: number;
  #services = new Map<string, readonly LineSamples[]>();
  readonly #readAt = new Map<string, number>();
  /** What has to be read again: services by name, or null for all of them. */
  #touched: Set<string> | null = null;
  #reading: Promise<void> | null = null;
  readonly #join = new WeakMap<LineSamples, { old: Columns; from: number; joined: LineSamples }>();

  constructor({ snapshot, source, now, readAtOnce = 20, waitMs = 300_000 }: HistoryOptions) {
    this.#snapshot = snapshot;
    this.#source = source;
    this.#now = now;
    this.#readAtOnce = readAtOnce;
    this.#waitMs = waitMs;
  }

  /** Something was committed. @param services names of the services that it touched; null: any */
  touch(services: Services): void {
    if (services === null) this.#touched = null;
    else for (const service of services) this.#touched?.add(service);
  }

  /**
   * All lines with their samples since `from`.
   * @returns null when that is further back than is kept, or the snapshot has nothing yet
   */
  async linesSince(from: number): Promise<LineSamples[] | null> {
    if (this.#snapshot.loadedFrom === null || from < this.#now() - reachMs) return null;
    await this.#refresh();
    // Only now: meanwhile the snapshot may have slid.
    const { loadedFrom } = this.#snapshot;
    return this.#joined(loadedFrom, this.#snapshot.linesSince(loadedFrom) ?? []);
  }

  async #joined(from: number, recent: readonly LineSamples[]): Promise<LineSamples[]> {
    const breathe = breather();
    const joined: LineSamples[] = [];
    for (const samples of recent) {
      const { service, environment } = samples.line;
      const old = this.#services.get(service)?.find(kept => kept.line.environment === environment)?.columns;
      joined.push(old ? this.#joinedOnce(old, samples, from) : samples);
      await breathe();
    }
    return joined;
  }

  /** Most services are the same from one question to the next, and whoever keeps what it made of them may see that. */
  #joinedOnce(old: Columns, recent: LineSamples, from: number): LineSamples {
    const known = this.#join.get(recent);
    if (known?.old === old && known.from === from) return known.joined;
    const joined = { line: recent.line, columns: joinColumns(old, recent.columns, from) };
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
    if (this.#touched === null) return null;
    const now = this.#now();
    const touched = [...this.#touched];
    if (touched.length <= this.#readAtOnce) return touched;
    const readAt = (service: string) => this.#readAt.get(service) ?? 0;
    const byAge = touched.sort((a, b) => readAt(a) - readAt(b));
    const tooLong = byAge.findIndex(service => readAt(service) > now - this.#waitMs);
    return byAge.slice(0, Math.max(this.#readAtOnce, tooLong === -1 ? byAge.length : tooLong));
  }

  async #read(services: readonly string[] | null): Promise<void> {
    const now = this.#now();
    if (services === null) this.#touched = new Set();
    else for (const service of services) this.#touched?.delete(service);
    try {
      const lines = await this.#source.readLines(services);
      // To the end, though the snapshot has that: what it holds slides on, and an untouched service is not read again.
      const period = { from: now - reachMs, to: now + aheadMs };
      const read = Map.groupBy(
        await gather(lines, this.#source.readSamples({ services, ...period })),
        ({ line }) => line.service,
      );
      if (services === null) this.#services = read;
      for (const service of services ?? []) this.#services.delete(service);
      for (const [service, of] of read) this.#services.set(service, of);
      for (const service of services ?? read.keys()) this.#readAt.set(service, now);
    } catch (error) {
      this.touch(services);
      throw error;
    }
  }
}

/** Of the old ones those before `from`, and then all of the recent ones. */
function joinColumns(old: Columns, recent: Columns, from: number): Columns {
  const joined = new Map<Measure, Column>(recent);
  for (const [measure, column] of old) joined.set(measure, joinColumn(column, recent.get(measure), from));
  return joined;
}

function joinColumn(old: Column, recent: Column | undefined, from: number): Column {
  const end = indexAt(old.moments, from);
  const start = recent ? indexAt(recent.moments, from) : 0;
  const length = end + (recent ? recent.moments.length - start : 0);
  const moments = new Float64Array(length);
  const values = new Float64Array(length);
  const bins = new Uint16Array(length);
  moments.set(old.moments.subarray(0, end));
  values.set(old.values.subarray(0, end));
  bins.set(old.bins.subarray(0, end));
  if (recent) {
    moments.set(recent.moments.subarray(start), end);
    values.set(recent.values.subarray(start), end);
    bins.set(recent.bins.subarray(start), end);
  }
  return { moments, values, bins };
}
