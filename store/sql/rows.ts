import { type RawBuilder, sql } from 'kysely';
import { type ArrayType, binaryArray } from '../../platform/database/binary-array.ts';

/**
 * Rows as a table of a statement, `given(id, name)`: one array parameter per column, so that the text of the statement
 * is the same for any number of rows.
 * @param columns the type of each column
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

/** One array as a parameter, for `= any(…)` or `unnest(…)`. */
export function arrayOf(type: ArrayType, values: readonly unknown[]): RawBuilder<unknown> {
  return sql`${binaryArray(type, values)}::${sql.raw(type)}[]`;
}

/** Ids of rows as one parameter. */
export const idsOf = (ids: Iterable<number>): RawBuilder<unknown> => arrayOf('bigint', [...ids]);
