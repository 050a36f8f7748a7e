import type { Relation, Returned } from '../../domain/delivery/evaluate.ts';
import type { Transaction } from '../schema/tables.ts';
import { type ChangedRollout, dependents, loadAffected, startsOf } from './affected-rollouts.ts';
import { evaluateSegment, isSameRelation } from './evaluate-segment.ts';
import { PendingStarts } from './pending-starts.ts';
import { clearRelations, saveRelations, saveReturned } from './relations.ts';
import { loadSegments } from './segments.ts';

/** Merge times of a stream: after `from`, up to `to`, in milliseconds since 1970. */
export interface CarriedSpan {
  readonly streamId: number;
  readonly from: number;
  readonly to: number;
}

export interface Reevaluated {
  /** Rollouts whose relation changed, or whose facts changed. */
  readonly rollouts: ReadonlySet<number>;
  /** Those of them that became returns, or are none any more. */
  readonly turned: ReadonlySet<number>;
  /** What they carried before and carry now, besides the changes that they name. */
  readonly spans: readonly CarriedSpan[];
}

/** Entries of a stream that are loaded at once at most. */
const entriesAtOnce = 256;

/**
 * Evaluates streams again, from the rollouts that a batch changed on, until what follows is as stored: loads a segment of
 * each stream, evaluates it, saves what changed.
 * @param rollouts those whose sort key, names, full traffic or rollback changed
 * @param changes those whose merge or artifacts changed
 * @param entriesFirst entries of a stream that are loaded at first; then twice as many each time
 */
export async function evaluateStreams(
  trx: Transaction,
  rollouts: ReadonlySet<number>,
  changes: ReadonlySet<number>,
  entriesFirst: number,
): Promise<Reevaluated> {
  const affected = await loadAffected(trx, rollouts, changes);
  const stale = new Set(affected.map(({ id }) => id));
  const changedRollouts = new Set(stale);
  const turned = new Set<number>();
  const spans = affected.flatMap(rollout => spanOf(rollout.streamId, rollout));

  const pending = new PendingStarts();
  pending.add(affected.flatMap(startsOf));
  const cleared = await clearRelations(trx, affected);
  for (const { id } of cleared) changedRollouts.add(id);
  pending.add(await dependents(trx, cleared));

  for (let entriesMax = entriesFirst; ; entriesMax = Math.min(2 * entriesMax, entriesAtOnce)) {
    const starts = pending.firsts();
    if (starts.length === 0) break;
    const relations = new Map<number, Relation>();
    const returned = new Map<number, Returned | null>();
    const converged: ChangedRollout[] = [];
    for (const segment of await loadSegments(trx, starts, entriesMax, stale)) {
      const { streamId, entries } = segment;
      const evaluation = evaluateSegment(segment, pending.dueIn(segment));
      converged.push(...pending.advance(segment, evaluation));
      for (const { entry, relation } of evaluation.changed) {
        changedRollouts.add(entry.id);
        if (!isSameRelation(entry.stored, relation)) relations.set(entry.id, relation);
        if (entry.isReturn !== relation.isReturn) turned.add(entry.id);
        spans.push(...spanOf(streamId, relation));
        if (entry.stored) spans.push(...spanOf(streamId, entry.stored));
      }
      for (const [id, now] of evaluation.returned) {
        changedRollouts.add(id);
        returned.set(id, now);
      }
      for (const { id } of entries.slice(0, evaluation.evaluated)) stale.delete(id);
    }
    await saveRelations(trx, relations);
    await saveReturned(trx, returned);
    pending.add(await dependents(trx, converged));
  }
  return { rollouts: changedRollouts, turned, spans: distinct(spans) };
}

/** What a rollout with this base and head carries, if anything. */
function spanOf(streamId: number, { base, head }: Pick<Relation, 'base' | 'head'>): CarriedSpan[] {
  return base === null || head === null || head <= base ? [] : [{ streamId, from: base, to: head }];
}

function distinct(spans: readonly CarriedSpan[]): CarriedSpan[] {
  return [...new Map(spans.map(span => [`${span.streamId} ${span.from} ${span.to}`, span])).values()];
}
