import { type Kysely, sql } from 'kysely';

/**
 * The table `measure` says what the numbers in `observation.measure` mean. The program fills it, each time that it opens
 * the store, from the same data as its metrics. The views of readers join it, in place of lists of their own.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table measure (
      id smallint primary key,
      name text not null unique,
      role text not null
    )`.execute(db);
  for (const { name, columns, text } of views)
    await sql
      .raw(
        `create or replace function ${name}() returns table (${columns}) language sql stable rows 1000 as $body$${text}$body$`,
      )
      .execute(db);
}

const timestamp = (column: string) => `to_timestamp(${column}::double precision / 1000)`;

const views = [
  {
    name: 'report_samples',
    columns: `service text, team text, environment text, metric text, "at" timestamptz, seconds double precision`,
    text: `
      select service.name, coalesce(service.team, ''), stream.environment, measure.name,
        ${timestamp('observation.at')}, observation.value::double precision / 1000
      from service
      join stream on stream.service_id = service.id
      join observation on observation.stream_id = stream.id
      join measure on measure.id = observation.measure`,
  },
  {
    // Those that count: no drills, no returns of an older version.
    name: 'report_rollouts',
    columns: `service text, team text, environment text, rollout text, exposed_at timestamptz, full_at timestamptz,
      rolled_back_at timestamptz, containment text, cause text, progressive boolean, weight double precision,
      failed_exposure_seconds double precision`,
    text: `
      select service.name, coalesce(service.team, ''), stream.environment, rollout.name,
        ${timestamp('rollout.exposed_at')}, ${timestamp('rollout.full_at')},
        ${timestamp('least(rollout.rolled_back_at, rollout.returned_at)')},
        case when least(rollout.rolled_back_at, rollout.returned_at) is null then null
          when rollout.full_at < least(rollout.rolled_back_at, rollout.returned_at) then 'escaped'
          else 'contained' end,
        case when rollout.returned_at < coalesce(rollout.rolled_back_at, rollout.returned_at + 1) then 'manual'
          else rollout.cause end,
        rollout.progressive,
        (select step.weight from step where step.rollout_id = rollout.id order by step.at desc limit 1),
        (select observation.value::double precision / 1000 from observation
          where observation.stream_id = rollout.stream_id and observation.subject = rollout.id
            and observation.measure = any(array(select id from measure where name in ('contained', 'escaped'))))
      from service
      join stream on stream.service_id = service.id
      join rollout on rollout.stream_id = stream.id
      where rollout.exposed_at is not null and not rollout.drill and not rollout.is_return`,
  },
];
