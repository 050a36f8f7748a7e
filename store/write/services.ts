import { joinTeam, type TeamClaim } from '../../domain/delivery/facts.ts';
import { must, mustGet } from '../../domain/must.ts';
import type { Transaction } from '../schema/tables.ts';
import { arrayOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { keyOf, type StreamName } from './batch.ts';

/** The services whose rows a transaction has locked. */
export interface LockedServices {
  /** @throws {Error} where the service is not one of them */
  readonly idOf: (name: string) => number;
  /** By id. {@link upsertTeams} updates it. */
  readonly teams: Map<number, TeamClaim | null>;
}

/**
 * Locks the rows of services, and inserts those that are missing. Rows that do not exist cannot be locked, so they are
 * inserted first; both in the order of bytes, so that no two writers wait for each other. Everything that is derived for a
 * service is read after this, and only the holder of its lock writes it.
 */
export async function lockServices(trx: Transaction, names: readonly string[]): Promise<LockedServices> {
  const given = arrayOf('text', names);
  const known = await statement<{ name: string }>('services.find')`
    select name from service where name = any(${given})`.execute(trx);
  if (known.rows.length < names.length)
    await statement('services.insert')`
      insert into service (name) select name from unnest(${given}) as given(name) order by name collate "C"
      on conflict (name) do nothing`.execute(trx);
  type Row = { id: number; name: string; team: string | null; teamAt: number | null };
  const { rows } = await statement<Row>('services.lock')`
    select id, name, team, team_at as "teamAt" from service where name = any(${given})
    order by name for update`.execute(trx);
  const ids = new Map(rows.map(({ id, name }) => [name, id]));
  const teams = rows.map(({ id, team, teamAt }) => {
    return [id, team === null || teamAt === null ? null : { at: teamAt, team }] as const;
  });
  return { idOf: name => mustGet(ids, name, 'locked service'), teams: new Map(teams) };
}

/** @param claims by the names of services */
export async function upsertTeams(
  trx: Transaction,
  services: LockedServices,
  claims: ReadonlyMap<string, TeamClaim | null>,
): Promise<void> {
  const changed = [...claims].flatMap(([name, claim]) => {
    const id = services.idOf(name);
    const before = services.teams.get(id) ?? null;
    const after = joinTeam(before, claim);
    return after === null || (after.team === before?.team && after.at === before.at) ? [] : { id, ...after };
  });
  if (changed.length === 0) return;
  for (const { id, at, team } of changed) services.teams.set(id, { at, team });
  await statement('services.update-teams')`
    update service set team = given.team, team_at = given.at
    from ${unnestRows(changed, { id: 'integer', at: 'bigint', team: 'text' })} where service.id = given.id`.execute(
    trx,
  );
}

/** The id of a stream that the batch names. @throws {Error} where the batch does not name it */
export type StreamIdOf = (stream: StreamName) => number;

/** Finds the streams of the services, and inserts those that are missing. */
export async function upsertStreams(
  trx: Transaction,
  services: LockedServices,
  streams: readonly StreamName[],
): Promise<StreamIdOf> {
  const ids = new Map<string, number>();
  const wanted = new Map<string, StreamKey>();
  for (const { service, environment } of streams) {
    const stream = { serviceId: services.idOf(service), environment };
    wanted.set(keyOf(stream.serviceId, environment), stream);
  }
  const add = (rows: readonly StreamRow[]) => {
    for (const { id, serviceId, environment } of rows) ids.set(keyOf(serviceId, environment), id);
  };
  add(await findStreams(trx, [...wanted.values()]));
  const missing = [...wanted].filter(([key]) => !ids.has(key)).map(([, stream]) => stream);
  add(await insertStreams(trx, missing));
  return ({ service, environment }) =>
    must(ids.get(keyOf(services.idOf(service), environment)), 'stream of the batch');
}

interface StreamKey {
  readonly serviceId: number;
  readonly environment: string;
}
type StreamRow = StreamKey & { readonly id: number };
const keyColumns = { serviceId: 'integer', environment: 'text' } as const;

async function findStreams(trx: Transaction, streams: readonly StreamKey[]): Promise<StreamRow[]> {
  if (streams.length === 0) return [];
  const found = await statement<StreamRow>('streams.find')`
    select stream.id, stream.service_id as "serviceId", stream.environment from ${unnestRows(streams, keyColumns)}
    join stream on stream.service_id = given."serviceId" and stream.environment = given.environment`.execute(
    trx,
  );
  return found.rows;
}

async function insertStreams(trx: Transaction, streams: readonly StreamKey[]): Promise<StreamRow[]> {
  if (streams.length === 0) return [];
  const made = await statement<StreamRow>('streams.insert')`
    insert into stream (service_id, environment) select "serviceId", environment from ${unnestRows(streams, keyColumns)}
    returning id, service_id as "serviceId", environment`.execute(trx);
  return made.rows;
}

/** Stands for the id from which on rows are new, where no row is. */
export const noNewIds = Number.MAX_SAFE_INTEGER;

/**
 * The least id of rows that were just inserted; {@link noNewIds} where there are none. Ids only grow, and only the holder
 * of a service's lock inserts rows of it: among the rows of the locked services, those from this id on are new.
 */
export const leastId = (rows: readonly { readonly id: number }[]): number =>
  rows.reduce((least, { id }) => Math.min(least, id), noNewIds);
