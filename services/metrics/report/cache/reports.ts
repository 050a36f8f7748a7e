import { type ReportSources, readReport } from '../read-report.ts';
import type { ReportMemory, ReportQuery, WeeklyReport } from '../report.ts';
import type { PooledWeeks } from './pooled-weeks.ts';
import { cachedServiceParts } from './service-parts.ts';

/** The most answers that are kept for a version of the snapshot. */
const keptMax = 64;
/** The most questions whose weeks are kept from version to version; their observations stay in memory with them. */
const pooledMax = 8;

/**
 * {@link readReport}, and what is rendered from reports, computed once per version of the snapshot, however many
 * readers ask. Under steady traffic a version lasts half a second, without traffic 15 seconds.
 */
export class Reports {
  readonly #sources: ReportSources;
  #version = -1;
  #answers = new Map<string, Promise<unknown>>();
  readonly #pooled = new Map<string, PooledWeeks>();
  readonly #serviceParts = cachedServiceParts();

  constructor(sources: ReportSources) {
    this.#sources = sources;
  }

  /** See {@link readReport}. */
  report(query: ReportQuery): Promise<WeeklyReport> {
    return this.once(`report ${JSON.stringify(query)}`, () =>
      readReport(this.#sources, query, this.#memoryOf(query)),
    );
  }

  /** The answer of `make`, which is called once per version and key; a failed answer is not kept. */
  once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const { version } = this.#sources.snapshot;
    if (version !== this.#version) {
      this.#version = version;
      this.#answers = new Map();
    }
    const answers = this.#answers;
    const known = answers.get(key);
    if (known !== undefined) return known as Promise<T>;
    if (answers.size >= keptMax) deleteOldest(answers);
    const answer = make();
    answers.set(key, answer);
    answer.catch(() => answers.delete(key));
    return answer;
  }

  /** The weeks of the last report on the same question. */
  #memoryOf(query: ReportQuery): ReportMemory {
    const key = JSON.stringify(query);
    return {
      serviceParts: this.#serviceParts,
      get: () => this.#pooled.get(key) ?? null,
      set: pooled => {
        this.#pooled.delete(key);
        this.#pooled.set(key, pooled);
        if (this.#pooled.size > pooledMax) deleteOldest(this.#pooled);
      },
    };
  }
}

/** Maps keep the order in which their keys were set. */
function deleteOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
