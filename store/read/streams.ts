import { compareBytes } from '../../domain/events/byte-order.ts';
import { must } from '../../domain/must.ts';
import type { Store } from '../schema/tables.ts';
import { arrayOf } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';

/** The rollouts of a service in an environment, as the metrics show them. */
export interface Stream {
  readonly id: number;
  readonly service: string;
  /** '' where no event named one. */
  readonly team: string;
  readonly environment: string;
  /** Rollouts exposed since the first event, returns included. */
  readonly exposedTotal: number;
  /** Those of them that were rolled back by an event of their own. */
  readonly rolledBackTotal: number;
  /** The latest detection of each open incident, milliseconds since 1970, in order. */
  readonly openSince: readonly number[];
  /**
   * When the newest rollout took its last step, milliseconds since 1970, if it has some of the traffic and never had
   * all of it; else null. Rollouts of strategy `flag` are left out, because many of them never get all of it.
   */
  readonly partialSince: number | null;
}

/** Services read by one statement: it does several lookups per stream, and PGlite runs them in this thread. */
const servicesAtOnce = 500;

/** Streams in the order of their services' names, then environments. @param services names; null for all */
export async function readStreams(db: Store, services: readonly string[] | null): Promise<Stream[]> {
  const names = services?.toSorted(compareBytes) ?? (await serviceNames(db));
  const streams: Stream[] = [];
  for (let from = 0; from < names.length; from += servicesAtOnce)
    streams.push(...(await streamsOf(db, names.slice(from, from + servicesAtOnce))));
  return streams;
}

async function serviceNames(db: Store): Promise<string[]> {
  const found = await statement<{ name: string }>(
    'services.names',
  )`select name from service order by name`.execute(db);
  return found.rows.map(({ name }) => name);
}

/** The ids of streams in the order of their services' names, then environments. @param services names; null for all */
export async function streamIds(db: Store, services: readonly string[] | null): Promise<number[]> {
  return (await streamsNamed(db, services)).map(({ id }) => id);
}

/** The ids of streams and their services, in the order of these, then environments. @param services names; null for all */
export async function streamsNamed(
  db: Store,
  services: readonly string[] | null,
): Promise<{ readonly id: number; readonly service: string }[]> {
  type Row = { id: number; service: string };
  const query =
    services === null
      ? statement<Row>('streams.ids')`
          select stream.id, service.name as service from service join stream on stream.service_id = service.id
          order by service.name, stream.environment`
      : statement<Row>('streams.ids-of-services')`
          select stream.id, service.name as service from service join stream on stream.service_id = service.id
          where service.name in (select name from unnest(${arrayOf('text', services)}) as given(name))
          order by service.name, stream.environment`;
  return (await query.execute(db)).rows;
}

async function streamsOf(db: Store, services: readonly string[]): Promise<Stream[]> {
  const found = await statement<Stream>('streams.read')`
    select stream.id, service.name as service, coalesce(service.team, '') as team, stream.environment,
      stream.exposed_total as "exposedTotal", stream.rolled_back_total as "rolledBackTotal",
      array(select incident.detected_last_at from incident
        where incident.stream_id = stream.id and incident.detected_at is not null
          and (incident.resolved_last_at is null or incident.detected_last_at > incident.resolved_last_at)
        order by incident.detected_last_at
      ) as "openSince",
      (select case when rollout.full_at is null and rollout.rolled_back_at is null
          and rollout.returned_at is null and last.weight > 0 then last.at end
        from rollout cross join lateral (
          select step.at, step.weight from step where step.rollout_id = rollout.id order by step.at desc limit 1
        ) as last
        where rollout.stream_id = stream.id and rollout.exposed_at is not null and not rollout.drill
          and not rollout.is_return and not rollout.flag
        order by rollout.exposed_at desc, rollout.name desc limit 1
      ) as "partialSince"
    from service join stream on stream.service_id = service.id
    where service.name in (select name from unnest(${arrayOf('text', services)}) as given(name))
    order by service.name, stream.environment`.execute(db);
  return found.rows;
}

/** How many events claimed the identity of a stored one with another content. */
export async function conflictingRepeats(db: Store): Promise<number> {
  const found = await statement<{ count: number }>('conflicts.count')`
    select count(*)::integer as count from conflict`.execute(db);
  return must(found.rows[0], 'count of conflicts').count;
}
