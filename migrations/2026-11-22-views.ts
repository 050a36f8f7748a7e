import { type Kysely, sql } from 'kysely';

/**
 * What Grafana and other readers of the database may rely on: rollouts, incidents, flag changes and samples, in
 * the users' words. `docs/operations.md` says what the columns mean.
 *
 * A view holds on to its tables, and `firstlight rebuild` puts others in their place. So each view asks a function,
 * whose text finds the tables by name whenever it runs; PostgreSQL writes the text into the query that asks, so that
 * it is planned as if it stood there. Each text begins with the table `service`, which a rebuild locks first: a
 * reader then waits for the rebuild without holding what the rebuild waits for.
 */
// biome-ignore lint/suspicious/noExplicitAny: a migration is frozen in time and knows no table types
export async function up(db: Kysely<any>): Promise<void> {
  for (const { name, columns, text } of views) {
    await sql
      .raw(
        `create function ${name}() returns table (${columns}) language sql stable rows 1000 as $body$${text}$body$`,
      )
      .execute(db);
    await sql.raw(`create view ${name} as select * from ${name}()`).execute(db);
  }
}

const moment = (column: string) => `to_timestamp(${column}::double precision / 1000)`;

const views = [
  {
    name: 'report_samples',
    columns: `service text, team text, environment text, metric text, "at" timestamptz, seconds double precision`,
    text: `
      select service.name, coalesce(service.team, ''), line.environment,
        (array['exposed', 'progressive', 'reworked', 'intervened', 'contained', 'escaped', 'lead_time',
          'created_to_merged', 'exposed_to_full', 'restored', 'outage_recovered', 'rollback_recovered',
          'merge_unknown', 'merged_after_exposure', 'rollback_unexposed', 'blame_inferred', 'blame_unknown',
          'resolution_undetected'])[sample.measure + 1],
        ${moment('sample.at')}, sample.value::double precision / 1000
      from service
      join line on line.service_id = service.id
      join sample on sample.line_id = line.id`,
  },
  {
    // Those that count: no drills, no returns of an older version.
    name: 'report_rollouts',
    columns: `service text, team text, environment text, rollout text, exposed_at timestamptz, full_at timestamptz,
      rolled_back_at timestamptz, containment text, cause text, progressive boolean, weight double precision,
      failed_exposure_seconds double precision`,
    text: `
      select service.name, coalesce(service.team, ''), line.environment, rollout.name,
        ${moment('rollout.exposed_at')}, ${moment('rollout.full_at')},
        ${moment('least(rollout.rolled_back_at, rollout.returned_at)')},
        case when least(rollout.rolled_back_at, rollout.returned_at) is null then null
          when rollout.full_at < least(rollout.rolled_back_at, rollout.returned_at) then 'escaped'
          else 'contained' end,
        case when rollout.returned_at < coalesce(rollout.rolled_back_at, rollout.returned_at + 1) then 'manual'
          else rollout.cause end,
        rollout.progressive,
        (select step.weight from step where step.rollout_id = rollout.id order by step.at desc limit 1),
        (select sample.value::double precision / 1000 from sample
          where sample.line_id = rollout.line_id and sample.measure in (4, 5) and sample.subject = rollout.id)
      from service
      join line on line.service_id = service.id
      join rollout on rollout.line_id = line.id
      where rollout.exposed_at is not null and not rollout.drill and not rollout.is_return`,
  },
  {
    name: 'report_incidents',
    columns: `service text, team text, environment text, incident text, detected_at timestamptz,
      resolved_at timestamptz, seconds double precision, rollouts text, inferred boolean`,
    text: `
      select service.name, coalesce(service.team, ''), line.environment, incident.name,
        ${moment('incident.detected_at')},
        case when incident.resolved_last_at >= incident.detected_last_at
          then ${moment('incident.resolved_last_at')} end,
        case when incident.resolved_last_at >= incident.detected_last_at
          then (incident.resolved_last_at - incident.detected_at)::double precision / 1000 end,
        blamed.rollouts, coalesce(blamed.inferred, false)
      from service
      join line on line.service_id = service.id
      join incident on incident.line_id = line.id
      cross join lateral (
        select string_agg(rollout.name, ', ' order by rollout.name) as rollouts, bool_or(blame.inferred) as inferred
        from blame join rollout on rollout.id = blame.rollout_id where blame.incident_id = incident.id
      ) as blamed
      where incident.detected_at is not null`,
  },
  {
    name: 'report_flag_changes',
    columns: `service text, team text, flag text, variant text, actor text, title text, "at" timestamptz`,
    text: `
      select coalesce(event.body->>'service', ''), coalesce(service.team, ''), event.body->>'flag',
        event.body->>'variant', event.body->>'actor', event.body->>'title', ${moment('event.flag_at')}
      from service right join event on service.name = event.body->>'service'
      where event.flag_at is not null`,
  },
];
