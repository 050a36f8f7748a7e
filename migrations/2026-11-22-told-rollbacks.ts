import { type Kysely, sql } from 'kysely';

/**
 * What a rollout's earliest rollback says of itself.
 *
 * cause             `automatic` or `manual`; of one instant, the first by bytes
 * rolled_back_from  the weight that the rollout had when it was rolled back; of one instant, the largest
 */
// biome-ignore lint/suspicious/noExplicitAny: a migration is frozen in time and knows no table types
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table rollout
    add column cause text collate "C",
    add column rolled_back_from double precision`,
  // The time of a stored event is in UTC and whole milliseconds.
  `update rollout set cause = told.cause, rolled_back_from = told.weight
  from (
    select line.id as line_id, said.rollout, said.at, min(said.cause) as cause, max(said.weight) as weight
    from (
      select body->>'service' as service, coalesce(body->>'environment', 'production') as environment,
        coalesce(body->>'rollout', body->>'change', body->>'artifact') as rollout,
        round(extract(epoch from (body->>'time')::timestamptz) * 1000)::bigint as at,
        (body->>'cause') collate "C" as cause, (body->>'weight')::double precision as weight
      from event where body->>'type' = 'change_rolled_back'
    ) as said
    join service on service.name = said.service
    join line on line.service_id = service.id and line.environment = said.environment
    where said.cause is not null or said.weight is not null
    group by line.id, said.rollout, said.at
  ) as told
  where rollout.line_id = told.line_id and rollout.name = told.rollout and rollout.rolled_back_at = told.at`,
];
