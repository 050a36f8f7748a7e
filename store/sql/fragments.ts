import { type RawBuilder, sql } from 'kysely';
import { type Measure, measures } from '../../domain/metrics/definitions.ts';
import { type ArrayType, binaryArray } from '../../platform/database/binary-array.ts';

/**
 * Rows of our own as a table of a statement: `given(id, name)`, one array parameter per column,
 * however many rows there are.
 */
export function unnestRows<T extends object>(
  rows: readonly T[],
  columns: { readonly [K in keyof T]-?: ArrayType },
  alias = 'given',
): RawBuilder<unknown> {
  const names = Object.keys(columns) as (keyof T & string)[];
  const arrays = names.map(name =>
    arrayOf(
      columns[name],
      rows.map(row => row[name]),
    ),
  );
  return sql`unnest(${sql.join(arrays)}) as ${sql.raw(alias)}(${sql.join(names.map(name => sql.ref(name)))})`;
}

/** One array parameter, for `= any(…)`. */
export function arrayOf(type: ArrayType, values: readonly unknown[]): RawBuilder<unknown> {
  return sql`${binaryArray(type, values)}::${sql.raw(type)}[]`;
}

/** As the id from which on rows are new: no row is. */
export const noNewIds = Number.MAX_SAFE_INTEGER;

/**
 * The least id of rows that were just made, {@link noNewIds} without any. Ids only grow, and who holds a service's lock is the
 * only one to make rows of it: among the rows of these services, those from this id on are new.
 */
export const leastId = (rows: readonly { readonly id: number }[]): number =>
  rows.reduce((least, { id }) => Math.min(least, id), noNewIds);

/** Ids of rows as one parameter. */
export const idsOf = (ids: Iterable<number>): RawBuilder<unknown> => arrayOf('bigint', [...ids]);

/** The number of a measure in the table `observation`, as a literal. */
export function measureId(measure: Measure): RawBuilder<number> {
  return sql.raw(String(measures.indexOf(measure)));
}

export function measureIds(...of: readonly Measure[]): RawBuilder<unknown> {
  return sql.join(of.map(measureId));
}

/**
 * The rollouts with the ids of a column, each found by its key. `offset 0` keeps the planner from turning the
 * join round and reading a whole stream to find one rollout.
 */
export const rolloutsAt = (id: string) =>
  sql`cross join lateral (select * from rollout where rollout.id = ${sql.ref(id)} offset 0) as rollout`;

/**
 * Whether there is such a row, looked up for each row that asks. Not `exists`, which PostgreSQL may turn into reading
 * the whole table once, where it expects many to ask.
 */
export const existsByLookup = (rows: RawBuilder<unknown>) =>
  sql<boolean>`(select true from ${rows} limit 1) is not null`;

/** The incidents with the ids of a column, each found by its key. */
export const incidentsAt = (id: string) =>
  sql`cross join lateral (select * from incident where incident.id = ${sql.ref(id)} offset 0) as incident`;

/** The changes that a rollout names, through artifacts too: `(change_id)`, repeats included. */
export const namedBy = (rollout: string) => sql`(
  select revision_id as change_id from rollout_revision where rollout_revision.rollout_id = ${sql.ref(rollout)} and not is_artifact
  union all
  select change_artifact.change_id from rollout_revision join change_artifact on change_artifact.artifact_id = rollout_revision.revision_id
  where rollout_revision.rollout_id = ${sql.ref(rollout)}
)`;

/** The rollouts that name a change, through artifacts too: `(rollout_id)`, repeats included. */
export const namersOf = (change: string) => sql`(
  select rollout_id from rollout_revision where rollout_revision.revision_id = ${sql.ref(change)} and not is_artifact
  union all
  select rollout_revision.rollout_id from change_artifact join rollout_revision on rollout_revision.revision_id = change_artifact.artifact_id
  where change_artifact.change_id = ${sql.ref(change)}
)`;

/** A rollout that stands in its stream: its exposure is known, and it is no drill. */
export const inStream = (rollout: string) =>
  sql`${sql.ref(`${rollout}.exposed_at`)} is not null and not ${sql.ref(`${rollout}.drill`)}`;

/** A rollout that counts: in its stream, and no return of an older version. */
export const counted = (rollout: string) =>
  sql`${inStream(rollout)} and not ${sql.ref(`${rollout}.is_return`)}`;

/** Whether a revision or a rollout, by the alias of its table, bears a name: their indexes hold the name's hash. */
export const isNamed = (table: 'revision' | 'rollout', name: RawBuilder<unknown>): RawBuilder<unknown> => {
  const own = sql.ref(`${table}.name`);
  return sql`hashtext(${own}) = hashtext(${name}) and ${own} = ${name}`;
};
