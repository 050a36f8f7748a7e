import { sql } from 'kysely';
import { joinTeam, type TeamClaim } from '../domain/facts.ts';
import { keyOf, type LineName } from './batch.ts';
import { given } from './given.ts';
import type { Transaction } from './tables.ts';

/**
 * Locks the services' rows, making those that are new, and keeps their team claims. What does not exist
 * cannot be locked, so new rows come first; both in byte order, so that two writers cannot wait for each
 * other in a ring. Everything derived of a service is read after this, and written by its holder only.
 * @returns ids by name
 */
export async function lockServices(trx: Transaction, names: readonly string[]): Promise<Map<string, number>> {
  const rows = given(
    names.map(name => ({ name })),
    { name: 'text' },
  );
  await sql`
    insert into service (name) select name from ${rows} order by name collate "C"
    on conflict (name) do nothing`.execute(trx);
  const locked = await sql<{ id: number; name: string }>`
    select id, name from service where name in (select name from ${rows}) order by name for update`.execute(
    trx,
  );
  return new Map(locked.rows.map(row => [row.name, row.id]));
}

export async function keepTeams(
  trx: Transaction,
  services: ReadonlyMap<string, number>,
  claims: ReadonlyMap<string, TeamClaim | null>,
): Promise<void> {
  const told = [...claims].flatMap(([name, claim]) =>
    claim ? { id: services.get(name) ?? 0, ...claim } : [],
  );
  if (told.length === 0) return;
  const rows = await sql<{ id: number; team: string | null; team_at: number | null }>`
    select service.id, service.team, service.team_at
    from service join ${given(told, { id: 'integer', at: 'bigint', team: 'text' })} on given.id = service.id`.execute(
    trx,
  );
  const known = new Map(rows.rows.map(row => [row.id, row]));
  const changed = told.flatMap(({ id, ...claim }) => {
    const { team = null, team_at = null } = known.get(id) ?? {};
    const before = team === null || team_at === null ? null : { at: team_at, team };
    const after = joinTeam(before, claim) ?? claim;
    return after.team === before?.team && after.at === before.at ? [] : { id, ...after };
  });
  if (changed.length === 0) return;
  await sql`
    update service set team = given.team, team_at = given.at
    from ${given(changed, { id: 'integer', at: 'bigint', team: 'text' })} where service.id = given.id`.execute(
    trx,
  );
}

/** @returns ids of the lines by {@link keyOf}(service, environment) */
export async function openLines(
  trx: Transaction,
  services: ReadonlyMap<string, number>,
  lines: readonly LineName[],
): Promise<Map<string, number>> {
  const wanted = new Map(
    lines.map(({ service, environment }) => [
      keyOf(service, environment),
      { service: services.get(service) ?? 0, environment },
    ]),
  );
  if (wanted.size === 0) return new Map();
  const rows = given([...wanted.values()], { service: 'integer', environment: 'text' });
  await sql`
    insert into line (service_id, environment) select service, environment from ${rows}
    on conflict (service_id, environment) do nothing`.execute(trx);
  const found = await sql<{ id: number; service: string; environment: string }>`
    select line.id, service.name as service, line.environment
    from ${rows}
    join line on line.service_id = given.service and line.environment = given.environment
    join service on service.id = line.service_id`.execute(trx);
  return new Map(found.rows.map(row => [keyOf(row.service, row.environment), row.id]));
}
