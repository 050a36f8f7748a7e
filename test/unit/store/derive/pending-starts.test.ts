import { describe, expect, test } from 'vitest';
import type { EvaluatedEntry } from '../../../../domain/delivery/evaluate.ts';
import type { SegmentEvaluation } from '../../../../store/derive/evaluate-segment.ts';
import { PendingStarts } from '../../../../store/derive/pending-starts.ts';
import type { StreamEntry, StreamSegment } from '../../../../store/derive/segments.ts';
import { by, relation, rollout } from '../../../support/histories/stream-rollouts.ts';

const start = (id: number, streamId = 1) => {
  const { exposedAt, name } = rollout(id);
  return { streamId, exposedAt, name };
};
const entry = (id: number): StreamEntry => ({
  ...rollout(id),
  ownHead: null,
  targets: [],
  hasOlderTargets: false,
  stored: null,
  isStale: false,
});
const segment = (ids: readonly number[], next: number | null = null): StreamSegment => ({
  streamId: 1,
  base: null,
  before: [],
  entries: ids.map(entry),
  next: next === null ? null : { ...start(next), base: null },
});
const evaluation = (
  evaluated: number,
  { converged = false, changed = [] }: { converged?: boolean; changed?: readonly number[] } = {},
): SegmentEvaluation => ({
  evaluated,
  converged,
  changed: changed.map(
    (id): EvaluatedEntry<StreamEntry> => ({
      entry: entry(id),
      relation: relation(null, null),
      target: null,
      returned: new Map(),
    }),
  ),
  returned: new Map([[9, by(1)]]),
});

describe('pending starts', () => {
  test('are taken from the first of each stream', () => {
    const pending = new PendingStarts();
    pending.add([start(3), start(2), start(7, 2), start(2)]);
    expect(pending.firsts()).toEqual([start(2), start(7, 2)]);
  });

  test('are due up to the last one among the entries', () => {
    const pending = new PendingStarts();
    pending.add([start(2), start(4), start(8), start(3, 2)]);
    expect(pending.dueIn(segment([2, 3, 4, 5]))).toBe(3);
    expect(pending.dueIn(segment([5, 6]))).toBe(0);
  });

  test('go on with the entry after those that were evaluated', () => {
    const pending = new PendingStarts();
    pending.add([start(2)]);
    expect(pending.advance(segment([2, 3, 4]), evaluation(2))).toEqual([]);
    expect(pending.firsts()).toEqual([start(4)]);
    pending.advance(segment([4, 5], 6), evaluation(2));
    expect(pending.firsts()).toEqual([start(6)]);
  });

  test('end where the stream ends', () => {
    const pending = new PendingStarts();
    pending.add([start(2), start(9)]);
    expect(pending.advance(segment([2, 3]), evaluation(2, { changed: [2] }))).toEqual([]);
    expect(pending.firsts()).toEqual([]);
  });

  test('stay where a rollout has left its position after the last evaluated entry', () => {
    const pending = new PendingStarts();
    pending.add([start(2), start(4)]);
    pending.advance(segment([2, 3, 5]), evaluation(2, { converged: true }));
    expect(pending.firsts()).toEqual([start(4)]);
  });

  test('name what changed in all segments once the stream has converged, with the last evaluated position', () => {
    const pending = new PendingStarts();
    pending.add([start(2)]);
    pending.advance(segment([2, 3], 4), evaluation(2, { changed: [2] }));
    const changed = pending.advance(segment([4, 5], 6), evaluation(1, { converged: true, changed: [4] }));
    expect(changed).toEqual([2, 9, 4].map(id => ({ ...start(4), id })));
    expect(pending.firsts()).toEqual([]);
  });
});
