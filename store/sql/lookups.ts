import { type RawBuilder, sql } from 'kysely';

/**
 * Joins the rollout whose id is in the column `id`, as the table `rollout`. `offset 0` makes PostgreSQL look each one up by
 * its key; otherwise the planner may read a whole stream to find one rollout.
 */
export const rolloutsAt = (id: string) =>
  sql`cross join lateral (select * from rollout where rollout.id = ${sql.ref(id)} offset 0) as rollout`;

/** Joins the incident whose id is in the column `id`, as the table `incident`; see {@link rolloutsAt}. */
export const incidentsAt = (id: string) =>
  sql`cross join lateral (select * from incident where incident.id = ${sql.ref(id)} offset 0) as incident`;

/** Joins the revision whose id is in the column `id`, as the table `revision`; see {@link rolloutsAt}. */
export const revisionsAt = (id: string) =>
  sql`cross join lateral (select * from revision where revision.id = ${sql.ref(id)} offset 0) as revision`;

/**
 * Whether `rows` (the text after `from`) has a row. It is looked up for each row of the outer query; for `exists`, PostgreSQL
 * may read the whole table once instead, and does so when it expects many outer rows.
 */
export const existsByLookup = (rows: RawBuilder<unknown>) =>
  sql<boolean>`(select true from ${rows} limit 1) is not null`;

/** Whether a row of the table `revision` or `rollout` has this name. Their indexes hold a hash of the name. */
export const isNamed = (table: 'revision' | 'rollout', name: RawBuilder<unknown>): RawBuilder<unknown> => {
  const own = sql.ref(`${table}.name`);
  return sql`hashtext(${own}) = hashtext(${name}) and ${own} = ${name}`;
};
