import { sql } from 'kysely';

/** Rules about rollouts that several statements share; each takes the alias of a table, or one of its columns. */

/** Whether a rollout stands in its stream: its exposure is known, and it is no drill. */
export const inStream = (rollout: string) =>
  sql`${sql.ref(`${rollout}.exposed_at`)} is not null and not ${sql.ref(`${rollout}.drill`)}`;

/** Whether a rollout counts: it stands in its stream, and is no return of an older version. */
export const counted = (rollout: string) =>
  sql`${inStream(rollout)} and not ${sql.ref(`${rollout}.is_return`)}`;

/** When a rollout was rolled back, by an event of its own or by a return of an older version; null: it was not. */
export const endedAt = (rollout: string) =>
  sql`least(${sql.ref(`${rollout}.rolled_back_at`)}, ${sql.ref(`${rollout}.returned_at`)})`;

/** The changes that a rollout names, itself or by an artifact that they became: rows `(change_id)`, some of them twice. */
export const namedBy = (rollout: string) => sql`(
  select revision_id as change_id from rollout_revision where rollout_revision.rollout_id = ${sql.ref(rollout)} and not is_artifact
  union all
  select change_artifact.change_id from rollout_revision join change_artifact on change_artifact.artifact_id = rollout_revision.revision_id
  where rollout_revision.rollout_id = ${sql.ref(rollout)}
)`;

/** The rollouts that name a change, themselves or by an artifact that it became: rows `(rollout_id)`, some of them twice. */
export const namersOf = (change: string) => sql`(
  select rollout_id from rollout_revision where rollout_revision.revision_id = ${sql.ref(change)} and not is_artifact
  union all
  select rollout_revision.rollout_id from change_artifact join rollout_revision on rollout_revision.revision_id = change_artifact.artifact_id
  where change_artifact.change_id = ${sql.ref(change)}
)`;

/**
 * The rollout of a stream that carries a change by the time of its merge, without naming it: one row
 * `(exposed_at, name, full_at)`, or none. It is the rollout whose interval (base, head] holds the merge.
 */
export const carrierOf = (stream: string, mergedAt: string) => sql`
  (select exposed_at, name, full_at from (
     select rollout.exposed_at, rollout.name, rollout.full_at, rollout.base from rollout
     where rollout.stream_id = ${sql.ref(stream)} and rollout.head > rollout.base and rollout.head >= ${sql.ref(mergedAt)}
     order by rollout.head limit 1
   ) as next where next.base < ${sql.ref(mergedAt)})`;
