import { sql } from 'kysely';
import type { RolloutFacts } from '../../domain/delivery/facts.ts';
import { latest } from '../../domain/events/time.ts';
import { mustGet } from '../../domain/must.ts';
import { expectedRelations } from '../derive/relations.ts';
import type { Transaction } from '../schema/tables.ts';
import { isNamed } from '../sql/lookups.ts';
import { unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { type Batch, keyOf, type ReportedRollout } from './batch.ts';
import type { Revisions } from './revisions.ts';
import { insertRolloutRevisions, type RolloutRevision, type Step, upsertSteps } from './rollout-details.ts';
import {
  diffRollout,
  factColumns,
  type RolloutId,
  type RolloutKey,
  type RolloutRow,
  type RowFacts,
  rowFactsOf,
  type TotalsChange,
  totalsChanges,
} from './rollout-diff.ts';
import { leastId, type StreamIdOf } from './services.ts';

/** The rollouts of a batch, by what follows from their changes. */
export interface ChangedRollouts {
  /** @throws {Error} where the batch does not name the rollout */
  readonly idOf: (streamId: number, name: string) => number;
  /** Their sort key, names, full traffic or rollback changed: their streams are evaluated from there. */
  readonly moved: ReadonlySet<number>;
  /** The changes that they name are exposed at another time, to other traffic, or not at all. */
  readonly regrouped: ReadonlySet<number>;
  /** Revisions that they were not known to name. */
  readonly named: readonly RolloutRevision[];
  /** Steps that were not known, or not with such a weight. */
  readonly steps: readonly Step[];
  /** All rollouts of which anything changed. */
  readonly all: ReadonlySet<number>;
  /** Rollouts from this id on are new. */
  readonly newFrom: number;
}

interface BatchRollout extends ReportedRollout {
  readonly streamId: number;
}

/** Joins what the batch reports of rollouts to what is known, with the revisions that they name and their steps. */
export async function upsertRollouts(
  trx: Transaction,
  streamIdOf: StreamIdOf,
  revisions: Revisions,
  batch: Batch,
): Promise<ChangedRollouts> {
  const rollouts = new Map<string, BatchRollout>();
  for (const rollout of batch.rollouts) {
    const streamId = streamIdOf(rollout);
    rollouts.set(keyOf(streamId, rollout.name), { ...rollout, streamId });
  }
  const reportedOf = ({ streamId, name }: RolloutKey) =>
    mustGet(rollouts, keyOf(streamId, name), 'rollout of the batch');

  const rows = await find(trx, [...rollouts.values()]);
  const diffs = rows.flatMap(row => diffRollout(row, reportedOf(row).facts) ?? []);
  const changedRows = diffs.map(({ after }) => after);
  await update(trx, changedRows);

  const ids = new Map(rows.map(row => [keyOf(row.streamId, row.name), row.id]));
  const missing = [...rollouts].filter(([key]) => !ids.has(key)).map(([, rollout]) => rollout);
  const newRows = await insert(trx, missing, revisions);
  for (const row of newRows) ids.set(keyOf(row.streamId, row.name), row.id);

  const before = diffs.map(diff => diff.before);
  const after = [...changedRows, ...missing.map(({ streamId, facts }) => ({ streamId, ...facts }))];
  await addToTotals(trx, totalsChanges(before, after));

  const stored = {
    known: rows.map(row => ({ ...reportedOf(row), id: row.id })),
    made: newRows.map(row => ({ ...reportedOf(row), id: row.id })),
  };
  const named = await insertRolloutRevisions(trx, stored, revisions);
  const steps = await upsertSteps(trx, stored);

  const moved = new Set([...newRows.map(row => row.id), ...named.map(one => one.rolloutId)]);
  const regrouped = new Set(newRows.map(row => row.id));
  for (const { after, isMoved, isRegrouped } of diffs) {
    if (isMoved) moved.add(after.id);
    if (isRegrouped) regrouped.add(after.id);
  }
  return {
    idOf: (streamId, name) => mustGet(ids, keyOf(streamId, name), 'rollout of the batch'),
    moved,
    regrouped,
    named,
    steps,
    all: new Set([...moved, ...changedRows.map(row => row.id), ...steps.map(step => step.rolloutId)]),
    newFrom: leastId(newRows),
  };
}

const keyColumns = { streamId: 'integer', name: 'text' } as const;

async function find(trx: Transaction, keys: readonly RolloutKey[]): Promise<RolloutRow[]> {
  if (keys.length === 0) return [];
  const found = await statement<RolloutRow>('rollouts.find')`
    select rollout.id, rollout.stream_id as "streamId", rollout.name, exposed_at as "exposedAt", full_at as "fullAt",
      rolled_back_at as "rolledBackAt", cause, rolled_back_from as "rolledBackFrom", flag, drill, rework, progressive
    from ${unnestRows<RolloutKey>(keys, keyColumns)}
    join rollout on rollout.stream_id = given."streamId" and ${isNamed('rollout', sql`given.name`)}`.execute(
    trx,
  );
  return found.rows;
}

async function update(trx: Transaction, rows: readonly RolloutRow[]): Promise<void> {
  if (rows.length === 0) return;
  await statement('rollouts.update')`
    update rollout set exposed_at = given."exposedAt", full_at = given."fullAt", rolled_back_at = given."rolledBackAt",
      cause = given.cause, rolled_back_from = given."rolledBackFrom", flag = given.flag, drill = given.drill,
      rework = given.rework, progressive = given.progressive
    from ${unnestRows<RowFacts & { id: number }>(rows, { id: 'bigint', ...factColumns })}
    where rollout.id = given.id`.execute(trx);
}

/** Inserts rollouts with the relations that are expected of them. */
async function insert(
  trx: Transaction,
  rollouts: readonly BatchRollout[],
  revisions: Revisions,
): Promise<RolloutId[]> {
  if (rollouts.length === 0) return [];
  const newRollouts = rollouts.map(({ service, streamId, name, facts }) => {
    const ownHead = ownHeadOf(facts, change => revisions.mergedAtOf(service, change));
    return { streamId, name, ...rowFactsOf(facts), ownHead };
  });
  const expected = await expectedRelations(trx, newRollouts);
  const rows = newRollouts.map(rollout => {
    const { base = null, head = null } = expected.get(rollout) ?? {};
    return { ...rollout, sortedAt: expected.has(rollout) ? rollout.exposedAt : null, base, head };
  });
  const relationColumns = { sortedAt: 'bigint', base: 'bigint', head: 'bigint' } as const;
  const made = await statement<RolloutId>('rollouts.insert')`
    insert into rollout (stream_id, name, exposed_at, full_at, rolled_back_at, cause, rolled_back_from,
      flag, drill, rework, progressive, sorted_at, base, head)
    select "streamId", name, "exposedAt", "fullAt", "rolledBackAt", cause, "rolledBackFrom",
      flag, drill, rework, progressive, "sortedAt", base, head
    from ${unnestRows<Omit<(typeof rows)[number], 'ownHead'>>(rows, { ...keyColumns, ...factColumns, ...relationColumns })}
    returning id, stream_id as "streamId", name`.execute(trx);
  return made.rows;
}

/** The latest merge of its changes that is not after its exposure. */
function ownHeadOf(
  { exposedAt, changes }: RolloutFacts,
  mergedAtOf: (change: string) => number | null,
): number | null {
  let head: number | null = null;
  if (exposedAt === null) return head;
  for (const change of changes) {
    const mergedAt = mergedAtOf(change);
    if (mergedAt !== null && mergedAt <= exposedAt) head = latest(head, mergedAt);
  }
  return head;
}

async function addToTotals(trx: Transaction, changes: readonly TotalsChange[]): Promise<void> {
  if (changes.length === 0) return;
  await statement('streams.add-to-totals')`
    update stream set exposed_total = exposed_total + given.exposed,
      rolled_back_total = rolled_back_total + given."rolledBack"
    from ${unnestRows(changes, { streamId: 'integer', exposed: 'integer', rolledBack: 'integer' })}
    where stream.id = given."streamId"`.execute(trx);
}
