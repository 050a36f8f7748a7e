import { sql } from 'kysely';
import { type Evaluation, evaluate, type Relation, type Returned } from '../../domain/delivery/evaluate.ts';
import { compareSortKeys, type SortKey } from '../../domain/delivery/sort-key.ts';
import { earliest, latest } from '../../domain/delivery/timestamps.ts';
import type { Transaction } from '../schema/tables.ts';
import { rolloutsAt } from '../sql/lookups.ts';
import { namersOf } from '../sql/rollouts.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { type ChangedRollout, dependents } from './dependents.ts';
import { loadSegments, type StreamSegment } from './segments.ts';
import type { EvaluationStart } from './sort-keys.ts';

/** Merge times of a stream: after `from`, up to `to`. */
export interface Span {
  readonly stream: number;
  readonly from: number;
  readonly to: number;
}

export interface Replaced {
  /** Rollouts that stand in another relation to their stream now, or whose facts say otherwise. */
  readonly rollouts: ReadonlySet<number>;
  /** Those of them that are a return now and were not, or were and are not. */
  readonly turned: ReadonlySet<number>;
  /** What they carried before, and what they carry now, besides their names. */
  readonly spans: readonly Span[];
}

interface TouchedRow {
  readonly id: number;
  readonly stream: number;
  readonly name: string;
  readonly exposed: number | null;
  readonly drill: boolean;
  readonly sorted: number | null;
  readonly isReturn: boolean;
  readonly returnedBy: number | null;
  readonly base: number | null;
  readonly head: number | null;
}

/** Rollouts of a stream that are loaded at once at most, however long the evaluation. */
const entriesAtOnce = 256;

/**
 * Walks the streams again from the starts that the batch touched, until what follows stands as stored.
 * @param moved rollouts whose start, names or rollback changed
 * @param regrouped changes whose merge or artifacts changed
 * @param entriesFirst rollouts of a stream that are loaded at first; twice as many whenever that was not enough
 */
export async function evaluateStreams(
  trx: Transaction,
  moved: ReadonlySet<number>,
  regrouped: ReadonlySet<number>,
  entriesFirst: number,
): Promise<Replaced> {
  const touched = new Set([...moved, ...(await rolloutsNaming(trx, regrouped))]);
  if (touched.size === 0) return { rollouts: touched, turned: new Set(), spans: [] };
  const rows = await loadTouched(trx, touched);
  const wasReturn = new Map(rows.map(row => [row.id, row.isReturn]));
  const rollouts = new Set(touched);
  const turned = new Set<number>();
  const spans = rows.flatMap(spanOf);
  const pending = new Pending(rows.flatMap(startsOf));

  const undone = [...(await clearReturns(trx, rows)), ...(await takeOut(trx, rows))];
  for (const { id } of undone) rollouts.add(id);
  for (const start of await dependents(trx, fromTheFirst(undone))) pending.add(start);

  const unevaluated = new Set(touched);
  /** What changed in a segment of a stream that goes on: those that hang on it are looked for when it ends. */
  const changing = new Map<number, number[]>();
  let entriesMax = entriesFirst;
  for (let starts = pending.take(); starts.length > 0; starts = pending.take()) {
    const segments = await loadSegments(trx, starts, entriesMax, unevaluated);
    const relations = new Map<number, Relation>();
    const returned = new Map<number, Returned | null>();
    const changed: ChangedRollout[] = [];
    for (const segment of segments) {
      const { stream } = segment;
      const evaluated = evaluate(segment, pending.dueIn(segment));
      for (const [id, one] of evaluated.returned) returned.set(id, one);
      const { next, last } = pending.evaluated(segment, evaluated.evaluated);
      const ids = [
        ...(changing.get(stream) ?? []),
        ...evaluated.relations.keys(),
        ...evaluated.returned.keys(),
      ];
      changing.delete(stream);
      if (next && !hasConverged(segment, evaluated)) {
        pending.add(next);
        changing.set(stream, ids);
      } else if (next && last)
        for (const id of new Set(ids)) changed.push({ id, stream, at: last.exposed, name: last.name });
      for (const entry of segment.entries.slice(0, evaluated.evaluated)) {
        unevaluated.delete(entry.id);
        const now = evaluated.relations.get(entry.id);
        if (!now) continue;
        rollouts.add(entry.id);
        if (!isSame(entry.stored, now)) relations.set(entry.id, now);
        if (now.isReturn !== (entry.was?.isReturn ?? wasReturn.get(entry.id) ?? false)) turned.add(entry.id);
        spans.push(...spanOf({ stream: segment.stream, ...now }));
        if (entry.was) spans.push(...spanOf({ stream: segment.stream, ...entry.was }));
      }
    }
    for (const id of returned.keys()) rollouts.add(id);
    await saveRelations(trx, relations);
    await saveReturned(trx, returned);
    for (const start of await dependents(trx, changed)) pending.add(start);
    entriesMax = Math.min(2 * entriesMax, entriesAtOnce);
  }
  return { rollouts, turned, spans: distinct(spans) };
}

const isSame = (a: Relation | null, b: Relation) =>
  a !== null && a.isReturn === b.isReturn && a.base === b.base && a.head === b.head;

/** Places still to be evaluated from, each stream from its first one on. */
class Pending {
  readonly #starts = new Map<number, EvaluationStart[]>();

  constructor(starts: readonly EvaluationStart[]) {
    for (const start of starts) this.add(start);
  }

  add(start: EvaluationStart): void {
    const starts = this.#starts.get(start.stream);
    if (starts) starts.push(start);
    else this.#starts.set(start.stream, [start]);
  }

  /** The first start of every stream. */
  take(): EvaluationStart[] {
    return [...this.#starts.values()].flatMap(starts => starts.toSorted(compareStarts)[0] ?? []);
  }

  /** How many entries it takes to come by the last of the starts that lie among them. */
  dueIn({ stream, entries }: StreamSegment): number {
    const due = new Set(this.#starts.get(stream)?.map(keyOf));
    return entries.findLastIndex(({ exposed, name }) => due.has(keyOf({ stream, at: exposed, name }))) + 1;
  }

  /**
   * Forgets the starts up to the last evaluated entry. One between it and the next entry stays: there stood a rollout
   * that is elsewhere now, so that the next one has another before it.
   */
  evaluated(
    segment: StreamSegment,
    count: number,
  ): { next: EvaluationStart | null; last: SortKey | undefined } {
    const following = segment.entries[count];
    const next = following
      ? { stream: segment.stream, at: following.exposed, name: following.name }
      : segment.next;
    const last = segment.entries[count - 1];
    const left = (this.#starts.get(segment.stream) ?? []).filter(
      start => next !== null && last && compareSortKeys({ exposed: start.at, name: start.name }, last) > 0,
    );
    if (left.length > 0) this.#starts.set(segment.stream, left);
    else this.#starts.delete(segment.stream);
    return { next, last };
  }
}

const keyOf = ({ at, name }: EvaluationStart) => `${at} ${name}`;

const compareStarts = (a: EvaluationStart, b: EvaluationStart) =>
  compareSortKeys({ exposed: a.at, name: a.name }, { exposed: b.at, name: b.name });

/** Whether all that follows the evaluated entries stands as it was: also the first one that was not loaded as an entry. */
function hasConverged(
  { entries, next }: StreamSegment,
  { evaluated, relations, converged }: Evaluation,
): boolean {
  const last = entries[evaluated - 1];
  if (!converged || last === undefined || evaluated < entries.length || next === null) return converged;
  const relation = relations.get(last.id) ?? last.was;
  return next.base === latest(relation?.base ?? null, relation?.head ?? null);
}

function distinct(spans: readonly Span[]): Span[] {
  return [...new Map(spans.map(span => [`${span.stream} ${span.from} ${span.to}`, span])).values()];
}

function spanOf(of: { stream: number; base: number | null; head: number | null }): Span[] {
  if (of.base === null || of.head === null || of.head <= of.base) return [];
  return [{ stream: of.stream, from: of.base, to: of.head }];
}

/** Where a rollout stands now, and where it stood. */
function startsOf({ stream, name, exposed, drill, sorted }: TouchedRow): EvaluationStart[] {
  const starts: EvaluationStart[] = [];
  if (exposed !== null && !drill) starts.push({ stream, at: exposed, name });
  if (sorted !== null && (sorted !== exposed || drill)) starts.push({ stream, at: sorted, name });
  return starts;
}

async function rolloutsNaming(trx: Transaction, changes: ReadonlySet<number>): Promise<number[]> {
  if (changes.size === 0) return [];
  const ids = [...changes].map(id => ({ id }));
  const found = await sql<{ id: number }>`
    select distinct namer.rollout_id as id
    from ${unnestRows(ids, { id: 'bigint' })} cross join lateral ${namersOf('given.id')} as namer`.execute(
    trx,
  );
  return found.rows.map(row => row.id);
}

async function loadTouched(trx: Transaction, ids: ReadonlySet<number>): Promise<TouchedRow[]> {
  const found = await sql<TouchedRow>`
    select id, stream_id as stream, name, exposed_at as exposed, drill, sorted_at as sorted,
      is_return as "isReturn", returned_by as "returnedBy", base, head
    from unnest(${idsOf(ids)}) as given(rollout) ${rolloutsAt('given.rollout')}`.execute(trx);
  return found.rows;
}

/** Takes back what touched returns rolled back, and what was rolled back of the touched: the evaluation says it anew. */
async function clearReturns(trx: Transaction, rows: readonly TouchedRow[]): Promise<ChangedRollout[]> {
  const ids = rows.filter(row => row.isReturn || row.returnedBy !== null).map(row => row.id);
  if (ids.length === 0) return [];
  const cleared = await sql<ChangedRollout>`
    update rollout set returned_at = null, returned_by = null
    where returned_by = any(${idsOf(ids)}) or (id = any(${idsOf(ids)}) and returned_by is not null)
    returning id, stream_id as stream, least(exposed_at, sorted_at) as at, '' as name`.execute(trx);
  return cleared.rows;
}

/** Takes out of their streams those that are drills now; what follows them is evaluated again. */
async function takeOut(trx: Transaction, rows: readonly TouchedRow[]): Promise<ChangedRollout[]> {
  const drills = rows.flatMap(({ id, stream, drill, exposed, sorted }) =>
    drill && sorted !== null ? { id, stream, at: earliest(exposed, sorted) ?? sorted, name: '' } : [],
  );
  if (drills.length === 0) return [];
  await sql`
    update rollout set sorted_at = null, is_return = false, base = null, head = null
    where id = any(${idsOf(drills.map(({ id }) => id))})`.execute(trx);
  return drills;
}

/** Each with the first start of its stream. */
function fromTheFirst(changed: readonly ChangedRollout[]): ChangedRollout[] {
  const streams = Map.groupBy(changed, ({ stream }) => stream);
  return [...streams.values()].flatMap(own => {
    const at = Math.min(...own.map(one => one.at));
    return own.map(one => ({ ...one, at }));
  });
}

async function saveRelations(trx: Transaction, relations: ReadonlyMap<number, Relation>): Promise<void> {
  if (relations.size === 0) return;
  const rows = [...relations].map(([id, { isReturn, base, head }]) => ({ id, isReturn, base, head }));
  await sql`
    update rollout set sorted_at = exposed_at, is_return = given."isReturn", base = given.base, head = given.head
    from ${unnestRows(rows, { id: 'bigint', isReturn: 'boolean', base: 'bigint', head: 'bigint' })}
    where rollout.id = given.id`.execute(trx);
}

async function saveReturned(trx: Transaction, returned: ReadonlyMap<number, Returned | null>): Promise<void> {
  if (returned.size === 0) return;
  const rows = [...returned].map(([id, one]) => ({ id, at: one?.at ?? null, by: one?.by ?? null }));
  await sql`
    update rollout set returned_at = given.at, returned_by = given.by
    from ${unnestRows(rows, { id: 'bigint', at: 'bigint', by: 'bigint' })}
    where rollout.id = given.id`.execute(trx);
}
