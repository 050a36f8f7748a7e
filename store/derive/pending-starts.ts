import { compareSortKeys, type SortKey } from '../../domain/delivery/sort-key.ts';
import type { ChangedRollout } from './affected-rollouts.ts';
import type { SegmentEvaluation } from './evaluate-segment.ts';
import type { StreamSegment } from './segments.ts';
import type { EvaluationStart } from './stream-rollouts.ts';

interface PendingStream {
  readonly starts: EvaluationStart[];
  /** Rollouts that changed in the segments before the next one, which continues their evaluation. */
  readonly changed: readonly number[];
}

/** The streams that are not evaluated to their end yet: segment by segment, each from its first pending start. */
export class PendingStarts {
  readonly #streams = new Map<number, PendingStream>();

  add(starts: readonly EvaluationStart[]): void {
    for (const start of starts) {
      const pending = this.#streams.get(start.streamId);
      if (pending) pending.starts.push(start);
      else this.#streams.set(start.streamId, { starts: [start], changed: [] });
    }
  }

  /** The first start of every stream. */
  firsts(): EvaluationStart[] {
    return [...this.#streams.values()].flatMap(({ starts }) => starts.toSorted(compareSortKeys)[0] ?? []);
  }

  /** How many entries of the segment have to be evaluated: up to the last one that is a pending start. */
  dueIn({ streamId, entries }: StreamSegment): number {
    const due = new Set(this.#streams.get(streamId)?.starts.map(keyOf));
    return entries.findLastIndex(entry => due.has(keyOf(entry))) + 1;
  }

  /**
   * Drops the starts up to the last evaluated entry, and adds the next entry where the evaluation has to go on. A start
   * between these two stays: a rollout has left that position, so that the next one has another rollout before it.
   * @returns the changed rollouts of a stream that has converged; other rollouts further on may depend on them
   */
  advance(segment: StreamSegment, evaluation: SegmentEvaluation): ChangedRollout[] {
    const { streamId, entries, next } = segment;
    const pending = this.#streams.get(streamId);
    const changed = [
      ...(pending?.changed ?? []),
      ...evaluation.changed.map(({ entry }) => entry.id),
      ...evaluation.returned.keys(),
    ];
    const last = entries[evaluation.evaluated - 1];
    const following = entries[evaluation.evaluated] ?? next;
    this.#streams.delete(streamId);
    if (!last || !following) return [];
    const starts = pending?.starts.filter(start => compareSortKeys(start, last) > 0) ?? [];
    if (!evaluation.converged) {
      const { exposedAt, name } = following;
      this.#streams.set(streamId, { starts: [...starts, { streamId, exposedAt, name }], changed });
      return [];
    }
    if (starts.length > 0) this.#streams.set(streamId, { starts, changed: [] });
    const { exposedAt, name } = last;
    return [...new Set(changed)].map(id => ({ id, streamId, exposedAt, name }));
  }
}

const keyOf = ({ exposedAt, name }: SortKey) => `${exposedAt} ${name}`;
