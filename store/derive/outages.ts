import { sql } from 'kysely';
import { type Outage, outagesOf } from '../../domain/delivery/outages.ts';
import { mustGet } from '../../domain/must.ts';
import type { Transaction } from '../schema/tables.ts';
import { incidentsAt } from '../sql/lookups.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { type ChangedSince, noChanges, observeOutages } from './observations.ts';

interface IncidentRow {
  readonly id: number;
  readonly streamId: number;
  readonly name: string;
  readonly detectedAt: number | null;
  readonly resolvedLastAt: number | null;
  readonly isResolved: boolean;
  readonly outageId: number | null;
}

const incidentColumns = sql`incident.id, incident.stream_id as "streamId", incident.name,
  incident.detected_at as "detectedAt", incident.resolved_last_at as "resolvedLastAt", incident.outage_id as "outageId",
  coalesce(incident.detected_last_at <= incident.resolved_last_at, false) as "isResolved"`;

interface StreamOutage extends Outage {
  readonly streamId: number;
}

/**
 * Groups incidents into outages again: all outages that the given incidents are part of, were part of, or touch now. Writes
 * the observations of these outages.
 */
export async function regroupOutages(
  trx: Transaction,
  incidents: ReadonlySet<number>,
): Promise<ChangedSince> {
  if (incidents.size === 0) return noChanges;
  const given = await loadIncidents(trx, incidents);
  const affected = await affectedOutages(trx, given);
  const members = await loadMembers(trx, affected);
  const rows = new Map([...given, ...members].map(row => [row.id, row]));
  const outages = [...Map.groupBy(rows.values(), row => row.streamId)].flatMap(([streamId, own]) =>
    outagesOf(own.flatMap(resolvedOf)).map((outage): StreamOutage => ({ streamId, ...outage })),
  );
  await saveOutages(trx, affected, outages);
  await saveMembership(trx, [...rows.values()], outages);
  // An outage has the id of its first incident, and one that is gone had observations in the stream of that incident.
  const ids = new Set([...affected, ...outages.map(outage => outage.id)]);
  return observeOutages(
    trx,
    [...ids].map(id => ({ id, streamId: mustGet(rows, id, 'first incident of an outage').streamId })),
  );
}

function resolvedOf({ id, name, detectedAt, resolvedLastAt, isResolved }: IncidentRow) {
  if (!isResolved || detectedAt === null || resolvedLastAt === null) return [];
  return [{ id, name, from: detectedAt, to: resolvedLastAt }];
}

async function loadIncidents(trx: Transaction, ids: ReadonlySet<number>): Promise<IncidentRow[]> {
  const found = await statement<IncidentRow>('outages.incidents')`
    select ${incidentColumns} from unnest(${idsOf(ids)}) as given(id) ${incidentsAt('given.id')}`.execute(
    trx,
  );
  return found.rows;
}

/**
 * The outages that one of the incidents is part of or touches. No two outages of a stream overlap: those that touch an
 * incident are the last one that began before it, and those that begin until its end.
 */
async function affectedOutages(trx: Transaction, incidents: readonly IncidentRow[]): Promise<number[]> {
  const spans = incidents.flatMap(row =>
    resolvedOf(row).map(({ from, to }) => ({ streamId: row.streamId, from, to })),
  );
  const found = await statement<{ id: number }>('outages.find-touching')`
    select outage.id
    from ${unnestRows(spans, { streamId: 'integer', from: 'bigint', to: 'bigint' })}
    cross join lateral (
      select id, ended_at from outage
      where outage.stream_id = given."streamId" and outage.began_at <= given.to
        and outage.began_at >= coalesce((
          select earlier.began_at from outage as earlier
          where earlier.stream_id = given."streamId" and earlier.began_at <= given.from
          order by earlier.stream_id desc, earlier.began_at desc limit 1), given.from)
      offset 0
    ) as outage
    where outage.ended_at >= given.from`.execute(trx);
  return [...new Set([...found.rows.map(row => row.id), ...incidents.flatMap(row => row.outageId ?? [])])];
}

async function loadMembers(trx: Transaction, outages: readonly number[]): Promise<IncidentRow[]> {
  if (outages.length === 0) return [];
  const found = await statement<IncidentRow>('outages.members')`
    select ${incidentColumns} from incident where outage_id = any(${idsOf(outages)})`.execute(trx);
  return found.rows;
}

async function saveOutages(
  trx: Transaction,
  affected: readonly number[],
  outages: readonly StreamOutage[],
): Promise<void> {
  const existing = new Set(outages.map(outage => outage.id));
  const gone = affected.filter(id => !existing.has(id));
  if (gone.length > 0)
    await statement('outages.delete')`delete from outage where id = any(${idsOf(gone)})`.execute(trx);
  if (outages.length === 0) return;
  type Row = Omit<StreamOutage, 'incidents'>;
  const columns = { id: 'bigint', streamId: 'integer', from: 'bigint', to: 'bigint' } as const;
  await statement('outages.upsert')`
    insert into outage (id, stream_id, began_at, ended_at)
    select id, "streamId", "from", "to" from ${unnestRows<Row>(outages, columns)}
    on conflict (id) do update set began_at = excluded.began_at, ended_at = excluded.ended_at`.execute(trx);
}

async function saveMembership(
  trx: Transaction,
  incidents: readonly IncidentRow[],
  outages: readonly StreamOutage[],
): Promise<void> {
  const outageOf = new Map(outages.flatMap(outage => outage.incidents.map(id => [id, outage.id] as const)));
  const changed = incidents
    .map(({ id, outageId }) => ({ id, before: outageId, outageId: outageOf.get(id) ?? null }))
    .filter(({ before, outageId }) => before !== outageId);
  if (changed.length === 0) return;
  type Row = Pick<IncidentRow, 'id' | 'outageId'>;
  await statement('outages.save-membership')`
    update incident set outage_id = given."outageId"
    from ${unnestRows<Row>(changed, { id: 'bigint', outageId: 'bigint' })} where incident.id = given.id`.execute(
    trx,
  );
}
