import { sql } from 'kysely';
import { compareBytes } from '../../domain/events/byte-order.ts';
import type { Store } from '../schema/tables.ts';
import { unnestRows } from '../sql/rows.ts';

/** A service in an environment. */
export interface Stream {
  readonly id: number;
  readonly service: string;
  /** '' where nobody named one. */
  readonly team: string;
  readonly environment: string;
  /** Rollouts exposed since the beginning of the record, returns included. */
  readonly exposedTotal: number;
  /** Those of them that were rolled back by their own. */
  readonly rolledBackTotal: number;
  /** Of each open incident its latest detection, milliseconds since 1970, the earliest first. */
  readonly openSince: readonly number[];
  /**
   * When the newest rollout took its last step, if it has some of the traffic and never had all of it, milliseconds
   * since 1970; else null. Rollouts of strategy `flag` are passed over: many never get all.
   */
  readonly partialSince: number | null;
}

/** So many services are read at once: what a stream tells beside its counters is looked up, and PGlite does that in our thread. */
const servicesAtOnce = 500;

/** By the names of services, then environments. @param services their names; null for all */
export async function readStreams(db: Store, services: readonly string[] | null): Promise<Stream[]> {
  const names = services?.toSorted(compareBytes) ?? (await serviceNames(db));
  const streams: Stream[] = [];
  for (let from = 0; from < names.length; from += servicesAtOnce)
    streams.push(...(await streamsOf(db, names.slice(from, from + servicesAtOnce))));
  return streams;
}

async function serviceNames(db: Store): Promise<string[]> {
  const found = await db.selectFrom('service').select('name').orderBy('name').execute();
  return found.map(({ name }) => name);
}

/** The ids of streams, by the names of services, then environments. @param services their names; null for all */
export async function streamIds(db: Store, services: readonly string[] | null): Promise<number[]> {
  return (await streamsNamed(db, services)).map(({ id }) => id);
}

/** The ids of streams with their services, by these, then environments. @param services their names; null for all */
export async function streamsNamed(
  db: Store,
  services: readonly string[] | null,
): Promise<{ readonly id: number; readonly service: string }[]> {
  const found = await sql<{ id: number; service: string }>`
    select stream.id, service.name as service from service join stream on stream.service_id = service.id
    ${services === null ? sql`` : sql`where service.name in (select name from ${namesOf(services)})`}
    order by service.name, stream.environment`.execute(db);
  return found.rows;
}

async function streamsOf(db: Store, services: readonly string[]): Promise<Stream[]> {
  const found = await sql<Stream>`
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
    where service.name in (select name from ${namesOf(services)})
    order by service.name, stream.environment`.execute(db);
  return found.rows;
}

/** How many events claimed the identity of a stored one with another content. */
export async function conflictingRepeats(db: Store): Promise<number> {
  const found = await sql<{ count: number }>`select count(*)::integer as count from conflict`.execute(db);
  return found.rows[0]?.count ?? 0;
}

const namesOf = (names: readonly string[]) =>
  unnestRows(
    names.map(name => ({ name })),
    { name: 'text' },
  );
