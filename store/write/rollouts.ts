import { type RawBuilder, sql } from 'kysely';
import { joinRollout, type RolloutFacts, unknownRollout } from '../../domain/delivery/facts.ts';
import { latest } from '../../domain/delivery/timestamps.ts';
import type { Cause } from '../../domain/events/event.ts';
import { expectedRelations } from '../derive/expected-relations.ts';
import type { Transaction } from '../schema/tables.ts';
import { isNamed } from '../sql/lookups.ts';
import { unnestRows } from '../sql/rows.ts';
import { type Batch, keyOf } from './batch.ts';
import { leastId } from './new-ids.ts';
import type { Revisions } from './revisions.ts';

/** What the batch changed of the rollouts' facts, by what has to be done about it. */
export interface ChangedRollouts {
  /** Every rollout of the batch, by {@link keyOf}(stream, name). */
  readonly ids: ReadonlyMap<string, number>;
  /** Their place, names, full traffic or rollback are others: their stream is evaluated from there. */
  readonly moved: ReadonlySet<number>;
  /** What they exposed, they exposed at another time, to others, or not at all. */
  readonly regrouped: ReadonlySet<number>;
  /** Names that they were not known to have. */
  readonly named: readonly RolloutRevision[];
  /** Steps that they were not known to have taken, or not so high. */
  readonly steps: readonly Step[];
  /** All of these, and those of which anything else changed. */
  readonly all: ReadonlySet<number>;
  /** Ids from this one on were made for this batch, see {@link leastId}. */
  readonly newFrom: number;
}

export interface RolloutRevision {
  readonly rollout: number;
  readonly stream: number;
  readonly revision: number;
  readonly artifact: boolean;
}

export interface Step {
  readonly rollout: number;
  readonly stream: number;
  readonly at: number;
  readonly weight: number;
}

interface Row {
  readonly id: number;
  readonly stream: number;
  readonly name: string;
  readonly exposed: number | null;
  readonly full: number | null;
  readonly rolledBack: number | null;
  readonly cause: Cause | null;
  readonly rolledBackFrom: number | null;
  readonly flag: boolean;
  readonly drill: boolean;
  readonly rework: boolean;
  readonly progressive: boolean;
}

interface Told {
  readonly service: string;
  readonly stream: number;
  readonly name: string;
  readonly facts: RolloutFacts;
}

/** Joins what the batch says of rollouts to what is known, with their names and their steps. */
export async function upsertRollouts(
  trx: Transaction,
  streams: ReadonlyMap<string, number>,
  revisions: Revisions,
  batch: Batch,
): Promise<ChangedRollouts> {
  const told = new Map<string, Told>();
  for (const { service, environment, name, facts } of batch.rollouts) {
    const stream = streams.get(keyOf(service, environment)) ?? 0;
    told.set(keyOf(stream, name), { service, stream, name, facts });
  }

  const ids = new Map<string, number>();
  const moved = new Set<number>();
  const regrouped = new Set<number>();
  const others = new Set<number>();
  const updated: Row[] = [];
  const totals = new Totals();
  const old = await existing(trx, [...told.values()]);
  for (const row of old) {
    ids.set(keyOf(row.stream, row.name), row.id);
    const now = joined(row, told.get(keyOf(row.stream, row.name))?.facts ?? unknownRollout);
    const changesOrder = now.exposed !== row.exposed || now.flag !== row.flag || now.drill !== row.drill;
    const isRegrouped = changesOrder || now.full !== row.full;
    // When they were full is told of all that they carry, which only the evaluation knows.
    const isMoved = isRegrouped || now.rolledBack !== row.rolledBack;
    const isOther =
      now.rework !== row.rework ||
      now.progressive !== row.progressive ||
      now.cause !== row.cause ||
      now.rolledBackFrom !== row.rolledBackFrom;
    if (isMoved) moved.add(row.id);
    if (isRegrouped) regrouped.add(row.id);
    if (isOther) others.add(row.id);
    if (!isMoved && !isOther) continue;
    updated.push(now);
    totals.replace(row, now);
  }
  await update(trx, updated);
  const fresh = [...told].filter(([key]) => !ids.has(key)).map(([, one]) => one);
  const made = await insert(trx, fresh, revisions);
  const newFrom = leastId(made);
  for (const { id, stream, name } of made) {
    const key = keyOf(stream, name);
    ids.set(key, id);
    moved.add(id);
    regrouped.add(id);
    totals.replace(null, { stream, ...columnsOf(told.get(key)?.facts ?? unknownRollout) });
  }
  await totals.keep(trx);
  const idOf = (one: Told) => ids.get(keyOf(one.stream, one.name)) ?? 0;
  const named = await upsertRevisions(trx, namesOf([...told.values()], idOf, revisions), newFrom);
  for (const { rollout } of named) moved.add(rollout);
  const steps = await upsertSteps(trx, stepsOf([...told.values()], idOf), newFrom);
  return {
    ids,
    moved,
    regrouped,
    named,
    steps,
    all: new Set([...moved, ...steps.map(step => step.rollout), ...others]),
    newFrom,
  };
}

function joined(row: Row, said: RolloutFacts): Row {
  return {
    id: row.id,
    stream: row.stream,
    name: row.name,
    ...columnsOf(joinRollout({ ...unknownRollout, ...row }, said)),
  };
}

function columnsOf(facts: RolloutFacts): Pick<Row, keyof typeof columns> {
  const { exposed, full, rolledBack, cause, rolledBackFrom, flag, drill, rework, progressive } = facts;
  return { exposed, full, rolledBack, cause, rolledBackFrom, flag, drill, rework, progressive };
}

const columns = {
  exposed: 'bigint',
  full: 'bigint',
  rolledBack: 'bigint',
  cause: 'text',
  rolledBackFrom: 'double precision',
  flag: 'boolean',
  drill: 'boolean',
  rework: 'boolean',
  progressive: 'boolean',
} as const;
const selected = sql`rollout.id, rollout.stream_id as stream, rollout.name, exposed_at as exposed, full_at as "full",
  rolled_back_at as "rolledBack", cause, rolled_back_from as "rolledBackFrom", flag, drill, rework, progressive`;

async function existing(trx: Transaction, told: readonly Told[]): Promise<Row[]> {
  if (told.length === 0) return [];
  const keys = told.map(({ stream, name }) => ({ stream, name }));
  const found = await sql<Row>`
    select ${selected} from ${unnestRows(keys, { stream: 'integer', name: 'text' })}
    join rollout on rollout.stream_id = given.stream and ${isNamed('rollout', sql`given.name`)}`.execute(trx);
  return found.rows;
}

async function insert(
  trx: Transaction,
  told: readonly Told[],
  revisions: Revisions,
): Promise<Pick<Row, 'id' | 'stream' | 'name'>[]> {
  if (told.length === 0) return [];
  const newcomers = told.map(({ stream, name, facts, service }) => ({
    stream,
    name,
    ...columnsOf(facts),
    ownHead: ownHeadOf(facts, change => revisions.mergedOf(service, change)),
  }));
  const expected = await expectedRelations(trx, newcomers);
  const rows = newcomers.map(newcomer => {
    const { ownHead: _, ...row } = newcomer;
    const relation = expected.get(newcomer);
    return {
      ...row,
      sorted: relation ? row.exposed : null,
      base: relation?.base ?? null,
      head: relation?.head ?? null,
    };
  });
  const made = await sql<Pick<Row, 'id' | 'stream' | 'name'>>`
    insert into rollout (stream_id, name, exposed_at, full_at, rolled_back_at, cause, rolled_back_from,
      flag, drill, rework, progressive, sorted_at, base, head)
    select stream, name, exposed, "full", "rolledBack", cause, "rolledBackFrom", flag, drill, rework, progressive,
      sorted, base, head
    from ${unnestRows(rows, { stream: 'integer', name: 'text', ...columns, sorted: 'bigint', base: 'bigint', head: 'bigint' })}
    returning id, stream_id as stream, name`.execute(trx);
  return made.rows;
}

/** The latest merge of its changes that is not after its exposure. */
function ownHeadOf({ exposed, changes }: RolloutFacts, mergedOf: (change: string) => number | null) {
  let head: number | null = null;
  if (exposed === null) return head;
  for (const change of changes) {
    const merged = mergedOf(change);
    if (merged !== null && merged <= exposed) head = latest(head, merged);
  }
  return head;
}

async function update(trx: Transaction, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const facts = rows.map(({ stream: _line, name: _name, ...row }) => row);
  await sql`
    update rollout set exposed_at = given.exposed, full_at = given."full", rolled_back_at = given."rolledBack",
      cause = given.cause, rolled_back_from = given."rolledBackFrom", flag = given.flag, drill = given.drill, rework = given.rework, progressive = given.progressive
    from ${unnestRows(facts, { id: 'bigint', ...columns })} where rollout.id = given.id`.execute(trx);
}

function namesOf(
  told: readonly Told[],
  idOf: (one: Told) => number,
  revisions: Revisions,
): RolloutRevision[] {
  return told.flatMap(one => {
    const { stream, service, facts } = one;
    const rollout = idOf(one);
    const rolloutRevision = (name: string, artifact: boolean) => ({
      rollout,
      stream,
      revision: revisions.idOf(service, name),
      artifact,
    });
    return [
      ...[...facts.changes].map(name => rolloutRevision(name, false)),
      ...[...facts.artifacts].map(name => rolloutRevision(name, true)),
    ];
  });
}

/**
 * @param newFrom rollouts from this one on have no names yet
 * @returns the names that were not known
 */
async function upsertRevisions(
  trx: Transaction,
  names: readonly RolloutRevision[],
  newFrom: number,
): Promise<readonly RolloutRevision[]> {
  const [fresh, others] = divide(names, newFrom);
  const columns = { rollout: 'bigint', revision: 'bigint', artifact: 'boolean' } as const;
  const insert = (rows: readonly RolloutRevision[]) => {
    const own = rows.map(({ rollout, revision, artifact }) => ({ rollout, revision, artifact }));
    return sql`insert into rollout_revision (rollout_id, revision_id, is_artifact)
      select rollout, revision, artifact from ${unnestRows(own, columns)}`;
  };
  if (fresh.length > 0) await insert(fresh).execute(trx);
  if (others.length === 0) return fresh;
  const made = await sql<Pick<RolloutRevision, 'rollout' | 'revision' | 'artifact'>>`
    ${insert(others)} on conflict do nothing
    returning rollout_id as rollout, revision_id as revision, is_artifact as artifact`.execute(trx);
  const streams = new Map(others.map(({ rollout, stream }) => [rollout, stream]));
  return [...fresh, ...made.rows.map(row => ({ ...row, stream: streams.get(row.rollout) ?? 0 }))];
}

function stepsOf(told: readonly Told[], idOf: (one: Told) => number): Step[] {
  return told.flatMap(one => {
    const rollout = idOf(one);
    return [...one.facts.steps].map(([at, weight]) => ({ rollout, stream: one.stream, at, weight }));
  });
}

/**
 * @param newFrom rollouts from this one on have no steps yet
 * @returns the steps that were not known, or not at such a weight
 */
async function upsertSteps(
  trx: Transaction,
  steps: readonly Step[],
  newFrom: number,
): Promise<readonly Step[]> {
  const [fresh, others] = divide(steps, newFrom);
  const columns = { rollout: 'bigint', stream: 'integer', at: 'bigint', weight: 'double precision' } as const;
  const insert = (rows: readonly Step[]) => sql`insert into step (rollout_id, stream_id, at, weight)
    select rollout, stream, at, weight from ${unnestRows(rows, columns)}`;
  const raise = (inserted: RawBuilder<unknown>) => sql<Step>`${inserted}
    on conflict (rollout_id, at) do update set weight = excluded.weight where excluded.weight > step.weight
    returning rollout_id as rollout, stream_id as stream, at, weight`;
  // The others first: of ids that grow, theirs still lie where the index has room.
  const made = others.length > 0 ? (await raise(insert(others)).execute(trx)).rows : [];
  if (fresh.length > 0) await insert(fresh).execute(trx);
  return [...fresh, ...made];
}

/** What is said of rollouts that are new, and of the others. */
function divide<T extends { readonly rollout: number }>(
  told: readonly T[],
  newFrom: number,
): readonly [T[], T[]] {
  const isNew = ({ rollout }: T) => rollout >= newFrom;
  return [told.filter(isNew), told.filter(one => !isNew(one))];
}

type Counted = Pick<Row, 'stream' | 'exposed' | 'drill' | 'rolledBack'>;

/** How many rollouts of a stream were exposed, and were rolled back by their own: moved by the difference. */
class Totals {
  readonly #streams = new Map<number, { exposed: number; rolledBack: number }>();

  replace(before: Counted | null, now: Counted): void {
    const total = this.#streams.get(now.stream) ?? { exposed: 0, rolledBack: 0 };
    for (const [row, sign] of [
      [before, -1],
      [now, 1],
    ] as const) {
      if (row === null || row.exposed === null || row.drill) continue;
      total.exposed += sign;
      if (row.rolledBack !== null) total.rolledBack += sign;
    }
    this.#streams.set(now.stream, total);
  }

  async keep(trx: Transaction): Promise<void> {
    const rows = [...this.#streams]
      .filter(([, total]) => total.exposed !== 0 || total.rolledBack !== 0)
      .map(([stream, total]) => ({ stream, ...total }));
    if (rows.length === 0) return;
    await sql`
      update stream set exposed_total = exposed_total + given.exposed,
        rolled_back_total = rolled_back_total + given."rolledBack"
      from ${unnestRows(rows, { stream: 'integer', exposed: 'integer', rolledBack: 'integer' })}
      where stream.id = given.stream`.execute(trx);
  }
}
