import { sql } from 'kysely';
import { joinTeam, type TeamClaim } from '../../domain/delivery/facts.ts';
import type { Transaction } from '../schema/tables.ts';
import { arrayOf, unnestRows } from '../sql/rows.ts';
import { keyOf, type StreamName } from './batch.ts';

/** The services whose rows a transaction has locked. */
export interface Locked {
  /** By name. */
  readonly ids: ReadonlyMap<string, number>;
  /** By id; {@link upsertTeams} keeps it true. */
  readonly teams: Map<number, TeamClaim | null>;
}

/**
 * Locks the services' rows, making those that are new. What does not exist cannot be locked, so new rows come
 * first; both in byte order, so that two writers cannot wait for each other in a ring. Everything derived of a
 * service is read after this, and written by its holder only.
 */
export async function lockServices(trx: Transaction, names: readonly string[]): Promise<Locked> {
  const rows = arrayOf('text', names);
  const known = await sql<{ name: string }>`select name from service where name = any(${rows})`.execute(trx);
  if (known.rows.length < names.length)
    await sql`
      insert into service (name) select name from unnest(${rows}) as given(name) order by name collate "C"
      on conflict (name) do nothing`.execute(trx);
  const locked = await sql<{ id: number; name: string; team: string | null; team_at: number | null }>`
    select id, name, team, team_at from service where name = any(${rows}) order by name for update`.execute(
    trx,
  );
  return {
    ids: new Map(locked.rows.map(row => [row.name, row.id])),
    teams: new Map(
      locked.rows.map(({ id, team, team_at }) => [
        id,
        team === null || team_at === null ? null : { at: team_at, team },
      ]),
    ),
  };
}

export async function upsertTeams(
  trx: Transaction,
  { ids, teams }: Locked,
  claims: ReadonlyMap<string, TeamClaim | null>,
): Promise<void> {
  const changed = [...claims].flatMap(([name, claim]) => {
    const id = ids.get(name) ?? 0;
    const before = teams.get(id) ?? null;
    const after = joinTeam(before, claim);
    return after === null || (after.team === before?.team && after.at === before.at) ? [] : { id, ...after };
  });
  if (changed.length === 0) return;
  for (const { id, at, team } of changed) teams.set(id, { at, team });
  await sql`
    update service set team = given.team, team_at = given.at
    from ${unnestRows(changed, { id: 'integer', at: 'bigint', team: 'text' })} where service.id = given.id`.execute(
    trx,
  );
}

/** @returns ids of the streams by {@link keyOf}(service, environment) */
export async function upsertStreams(
  trx: Transaction,
  services: ReadonlyMap<string, number>,
  streams: readonly StreamName[],
): Promise<Map<string, number>> {
  const wanted = new Map(
    streams.map(({ service, environment }) => [
      keyOf(service, environment),
      { service: services.get(service) ?? 0, environment },
    ]),
  );
  if (wanted.size === 0) return new Map();
  const ids = new Map<string, number>();
  const find = async (streams: readonly StreamIds[]) => {
    const found = await sql<{ id: number; service: number; environment: string }>`
      select stream.id, stream.service_id as service, stream.environment from ${unnestRows(streams, streamIds)}
      join stream on stream.service_id = given.service and stream.environment = given.environment`.execute(
      trx,
    );
    for (const { id, service, environment } of found.rows) ids.set(keyOf(service, environment), id);
  };
  await find([...wanted.values()]);
  const missing = [...wanted.values()].filter(
    ({ service, environment }) => !ids.has(keyOf(service, environment)),
  );
  if (missing.length > 0) {
    await sql`
      insert into stream (service_id, environment) select service, environment from ${unnestRows(missing, streamIds)}
      on conflict (service_id, environment) do nothing`.execute(trx);
    await find(missing);
  }
  return new Map(
    [...wanted].map(([key, { service, environment }]) => [key, ids.get(keyOf(service, environment)) ?? 0]),
  );
}

const streamIds = { service: 'integer', environment: 'text' } as const;
type StreamIds = { readonly service: number; readonly environment: string };
