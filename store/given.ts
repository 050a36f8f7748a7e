import { type RawBuilder, sql } from 'kysely';
import { type Measure, measures } from '../domain/definitions.ts';

type ColumnOf = 'bigint' | 'integer' | 'smallint' | 'text' | 'boolean' | 'double precision';

/**
 * Rows of our own as a table of a statement: `given(id, name)`, one array parameter per column,
 * however many rows there are.
 */
export function given<T extends object>(
  rows: readonly T[],
  columns: { readonly [K in keyof T]-?: ColumnOf },
  alias = 'given',
): RawBuilder<unknown> {
  const names = Object.keys(columns) as (keyof T & string)[];
  const arrays = names.map(name => sql`${rows.map(row => row[name])}::${sql.raw(columns[name])}[]`);
  return sql`unnest(${sql.join(arrays)}) as ${sql.raw(alias)}(${sql.join(names.map(name => sql.ref(name)))})`;
}

/** The number of a measure in the table `sample`, as a literal. */
export function measureId(measure: Measure): RawBuilder<number> {
  return sql.raw(String(measures.indexOf(measure)));
}

export function measureIds(...of: readonly Measure[]): RawBuilder<unknown> {
  return sql.join(of.map(measureId));
}

/** The changes that each rollout names, through artifacts too: `(rollout_id, change_id)`, repeats included. */
export const named = sql`(
  select rollout_id, label_id as change_id from naming where not is_artifact
  union all
  select naming.rollout_id, alias.change_id from naming join alias on alias.artifact_id = naming.label_id
)`;

/** A rollout that stands in its line: its exposure is known, and it is no drill. */
export const inLine = (rollout: string) =>
  sql`${sql.ref(`${rollout}.exposed_at`)} is not null and not ${sql.ref(`${rollout}.drill`)}`;

/** A rollout that counts: in its line, and no return of an older version. */
export const counted = (rollout: string) =>
  sql`${inLine(rollout)} and not ${sql.ref(`${rollout}.is_return`)}`;
