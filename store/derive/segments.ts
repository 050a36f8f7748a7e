import { sql } from 'kysely';
import { type Entry, type Relation, returnReachMs, type Segment } from '../../domain/delivery/evaluate.ts';
import { compareSortKeys } from '../../domain/delivery/sort-key.ts';
import type { Transaction } from '../schema/tables.ts';
import { inStream, namedBy } from '../sql/rollouts.ts';
import { unnestRows } from '../sql/rows.ts';
import {
  loadRollbackTargets,
  namesKey,
  type RollbackTargets,
  type TargetSeeker,
} from './rollback-targets.ts';
import {
  type EvaluationStart,
  evaluationStartColumns,
  type StreamRolloutRow,
  stoodAt,
  streamRolloutColumns,
  streamRolloutOf,
} from './sort-keys.ts';

export interface Next extends EvaluationStart {
  readonly base: number | null;
}

/** An entry and how it stands as stored, whether its facts were touched since or not; null: not where it is now. */
export interface StreamEntry extends Entry {
  readonly stored: Relation | null;
}

/** A segment of a stream, ready to be evaluated. */
export interface StreamSegment extends Segment {
  readonly entries: readonly StreamEntry[];
  readonly stream: number;
  /** The first rollout after the entries, with its stored relation; null where the stream ends with them. */
  readonly next: Next | null;
}

interface EntryRow extends TargetSeeker {
  readonly sorted: number | null;
  readonly base: number | null;
  readonly head: number | null;
  readonly ownHead: number | null;
}

/** To read so many rollouts of a name costs about as much as to walk by one. */
const namersPerEntry = 4;

/**
 * Loads up to `entriesMax` rollouts of each stream from its start on, with what the evaluation has to know of those before.
 * @param touched rollouts whose stored relation is of no worth, because their facts changed
 */
export async function loadSegments(
  trx: Transaction,
  starts: readonly EvaluationStart[],
  entriesMax: number,
  touched: ReadonlySet<number>,
): Promise<StreamSegment[]> {
  const found = Map.groupBy(await loadEntries(trx, starts, entriesMax + 1), entry => entry.stream);
  const base = await loadBases(trx, starts);
  const entriesOf = new Map([...found].map(([stream, rows]) => [stream, rows.slice(0, entriesMax)]));
  const targets = await loadRollbackTargets(trx, [...entriesOf.values()], namersPerEntry * entriesMax);
  const before = Map.groupBy(await loadBefore(trx, [...entriesOf.values()], targets), other => other.stream);
  return starts.map(({ stream }) => {
    const beyond = found.get(stream)?.[entriesMax];
    return {
      stream,
      base: base.get(stream) ?? null,
      before: (before.get(stream) ?? []).map(streamRolloutOf),
      entries: (entriesOf.get(stream) ?? []).map(
        (entry): StreamEntry => ({
          ...streamRolloutOf(entry),
          ownHead: entry.ownHead,
          ...(targets.get(entry.id) ?? noTargets),
          was: touched.has(entry.id) ? null : relationOf(entry),
          stored: entry.sorted === entry.exposed ? relationOf(entry) : null,
        }),
      ),
      next:
        beyond === undefined ? null : { stream, at: beyond.exposed, name: beyond.name, base: beyond.base },
    };
  });
}

const relationOf = ({ isReturn, base, head }: EntryRow): Relation => ({ isReturn, base, head });

const noTargets: RollbackTargets = { targets: [], hasOlderTargets: false };

async function loadEntries(
  trx: Transaction,
  starts: readonly EvaluationStart[],
  limit: number,
): Promise<EntryRow[]> {
  const found = await sql<EntryRow>`
    select ${streamRolloutColumns}, rollout.sorted_at as sorted, rollout.base, rollout.head,
      (select max((
         select revision.merged_at from revision
         where revision.id = named.change_id and revision.merged_at <= rollout.exposed_at))
       from ${namedBy('rollout.id')} as named) as "ownHead",
      ${namesKey} as names
    from ${unnestRows(starts, evaluationStartColumns)}
    cross join lateral (
      select * from rollout
      where rollout.stream_id = given.stream and ${inStream('rollout')}
        and (rollout.exposed_at, rollout.name) >= (given.at, given.name)
      order by rollout.exposed_at, rollout.name limit ${limit}
    ) as rollout
    order by rollout.stream_id, rollout.exposed_at, rollout.name`.execute(trx);
  return found.rows;
}

/** The latest head before each start, by stream. */
async function loadBases(
  trx: Transaction,
  starts: readonly EvaluationStart[],
): Promise<Map<number, number | null>> {
  const found = await sql<{ stream: number; base: number | null }>`
    select given.stream, greatest(rollout.base, rollout.head) as base
    from ${unnestRows(starts, evaluationStartColumns)}
    cross join lateral (
      select base, head from rollout
      where rollout.stream_id = given.stream and ${inStream('rollout')}
        and (rollout.exposed_at, rollout.name) < (given.at, given.name)
      order by rollout.exposed_at desc, rollout.name desc limit 1
    ) as rollout`.execute(trx);
  return new Map(found.rows.map(({ stream, base }) => [stream, base]));
}

/** Those before the entries that {@link Segment.before} asks for. */
async function loadBefore(
  trx: Transaction,
  segments: readonly (readonly EntryRow[])[],
  targets: ReadonlyMap<number, RollbackTargets>,
): Promise<StreamRolloutRow[]> {
  const reaches = segments.flatMap(entries => {
    const [first] = entries;
    if (first === undefined) return [];
    // The first target of each is the earliest one.
    const firsts = entries
      .flatMap(entry => targets.get(entry.id)?.targets[0] ?? [])
      .toSorted(compareSortKeys);
    const [since] = firsts;
    if (since === undefined) return [];
    return {
      stream: first.stream,
      at: first.exposed,
      name: first.name,
      sinceAt: since.exposed,
      sinceName: since.name,
    };
  });
  const returns = segments.flatMap(entries =>
    entries.flatMap(({ id, isReturn }) => {
      const [first] = entries;
      return first && isReturn ? { id, at: first.exposed, name: first.name } : [];
    }),
  );
  if (reaches.length === 0 && returns.length === 0) return [];
  const found = await sql<StreamRolloutRow>`
    select ${streamRolloutColumns}
    from ${unnestRows(reaches, { ...evaluationStartColumns, sinceAt: 'bigint', sinceName: 'text' })}
    join rollout on rollout.stream_id = given.stream and ${inStream('rollout')}
      and (rollout.exposed_at, rollout.name) < (given.at, given.name)
      and (rollout.exposed_at, rollout.name) > (given."sinceAt", given."sinceName")
      and rollout.exposed_at >= given.at - ${returnReachMs}::bigint
      and (not rollout.flag and ${stoodAt('given.at')} or rollout.is_return and rollout.exposed_at = given.at)
    union
    select ${streamRolloutColumns}
    from ${unnestRows(returns, { id: 'bigint', at: 'bigint', name: 'text' })}
    cross join lateral (select * from rollout where rollout.returned_by = given.id offset 0) as rollout
    where (rollout.exposed_at, rollout.name) < (given.at, given.name)`.execute(trx);
  return found.rows.toSorted(compareSortKeys);
}
