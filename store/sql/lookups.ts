import { type RawBuilder, sql } from 'kysely';

/**
 * The rows of `rollout` with the ids of a column, as the table `rollout`, each found by its key. `offset 0` keeps the
 * planner from joining in another order and reading a whole stream to find one rollout.
 */
export const rolloutsAt = (id: string) =>
  sql`cross join lateral (select * from rollout where rollout.id = ${sql.ref(id)} offset 0) as rollout`;

/** The rows of `incident` with the ids of a column, as the table `incident`, each found by its key. */
export const incidentsAt = (id: string) =>
  sql`cross join lateral (select * from incident where incident.id = ${sql.ref(id)} offset 0) as incident`;

/**
 * The rows of `revision` with the ids of a column, as the table `revision`, each found by its key. Without `offset 0`
 * the planner reads all revisions to find those without a merge.
 */
export const revisionsAt = (id: string) =>
  sql`cross join lateral (select * from revision where revision.id = ${sql.ref(id)} offset 0) as revision`;

/**
 * Whether `rows` (what follows `from`) has a row: true or false, looked up once per row that asks. PostgreSQL may answer
 * `exists` by reading the whole table once, where it expects many rows to ask.
 */
export const existsByLookup = (rows: RawBuilder<unknown>) =>
  sql<boolean>`(select true from ${rows} limit 1) is not null`;

/** Whether a row of the table `revision` or `rollout` has this name. Their indexes hold a hash of the name. */
export const isNamed = (table: 'revision' | 'rollout', name: RawBuilder<unknown>): RawBuilder<unknown> => {
  const own = sql.ref(`${table}.name`);
  return sql`hashtext(${own}) = hashtext(${name}) and ${own} = ${name}`;
};
