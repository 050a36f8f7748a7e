import { sql } from 'kysely';
import { type Outage, outagesOf } from '../../domain/delivery/outages.ts';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, incidentsAt } from '../sql/lookups.ts';
import { measureId } from '../sql/measures.ts';
import { idsOf, unnestRows } from '../sql/rows.ts';
import { noNewIds } from '../write/new-ids.ts';
import { type ChangedSince, noChanges, replaceObservations } from './observations.ts';

interface Row {
  readonly id: number;
  readonly stream: number;
  readonly name: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly isResolved: boolean;
  readonly outage: number | null;
}

const incidentRow = sql`incident.id, incident.stream_id as stream, incident.name, incident.detected_at as "from",
  incident.resolved_last_at as "to", incident.outage_id as outage,
  coalesce(incident.detected_last_at <= incident.resolved_last_at, false) as "isResolved"`;

/**
 * Puts together anew the outages that these incidents are part of, were part of, or touch now, and writes
 * their observations: time to restore, and recovery time where any of their incidents is blamed on a rollout.
 */
export async function regroupOutages(
  trx: Transaction,
  incidents: ReadonlySet<number>,
): Promise<ChangedSince> {
  if (incidents.size === 0) return noChanges;
  const touched = await loadIncidents(trx, [...incidents]);
  const affected = await affectedOutages(trx, touched);
  const members = await loadMembers(trx, affected);
  const rows = new Map([...touched, ...members].map(row => [row.id, row]));
  const outages = [...Map.groupBy(rows.values(), row => row.stream)].flatMap(([stream, own]) =>
    outagesOf(own.flatMap(resolvedOf)).map(outage => ({ stream, ...outage })),
  );
  await upsertOutages(trx, affected, outages);
  await updateMembership(trx, [...rows.values()], outages);
  return observeOutages(trx, [...rows.values()], affected, outages);
}

function resolvedOf({ id, name, from, to, isResolved }: Row) {
  return isResolved && from !== null && to !== null ? [{ id, name, from, to }] : [];
}

async function loadIncidents(trx: Transaction, ids: readonly number[]): Promise<Row[]> {
  const found = await sql<Row>`
    select ${incidentRow} from unnest(${idsOf(ids)}) as given(id) ${incidentsAt('given.id')}`.execute(trx);
  return found.rows;
}

/**
 * The outages that hold one of these incidents, and those that touch one of them. The outages of a stream lie
 * apart, so those that touch an incident begin between the last one that began before it and its end.
 */
async function affectedOutages(trx: Transaction, touched: readonly Row[]): Promise<number[]> {
  const spans = touched.flatMap(row =>
    resolvedOf(row).map(({ from, to }) => ({ stream: row.stream, from, to })),
  );
  const found = await sql<{ id: number }>`
    select outage.id
    from ${unnestRows(spans, { stream: 'integer', from: 'bigint', to: 'bigint' })}
    cross join lateral (
      select id, ended_at from outage
      where outage.stream_id = given.stream and outage.began_at <= given.to
        and outage.began_at >= coalesce((
          select earlier.began_at from outage as earlier
          where earlier.stream_id = given.stream and earlier.began_at <= given.from
          order by earlier.stream_id desc, earlier.began_at desc limit 1), given.from)
      offset 0
    ) as outage
    where outage.ended_at >= given.from`.execute(trx);
  return [...new Set([...found.rows.map(row => row.id), ...touched.flatMap(row => row.outage ?? [])])];
}

async function loadMembers(trx: Transaction, outages: readonly number[]): Promise<Row[]> {
  if (outages.length === 0) return [];
  const found = await sql<Row>`
    select ${incidentRow} from incident where outage_id = any(${idsOf(outages)})`.execute(trx);
  return found.rows;
}

type StreamOutage = Outage & { readonly stream: number };

async function upsertOutages(
  trx: Transaction,
  affected: readonly number[],
  outages: readonly StreamOutage[],
): Promise<void> {
  const standing = new Set(outages.map(outage => outage.id));
  const gone = affected.filter(id => !standing.has(id));
  if (gone.length > 0) await sql`delete from outage where id = any(${idsOf(gone)})`.execute(trx);
  if (outages.length === 0) return;
  const rows = outages.map(({ id, stream, from, to }) => ({ id, stream, from, to }));
  await sql`
    insert into outage (id, stream_id, began_at, ended_at)
    select id, stream, "from", "to"
    from ${unnestRows(rows, { id: 'bigint', stream: 'integer', from: 'bigint', to: 'bigint' })}
    on conflict (id) do update set began_at = excluded.began_at, ended_at = excluded.ended_at`.execute(trx);
}

async function updateMembership(
  trx: Transaction,
  rows: readonly Row[],
  outages: readonly StreamOutage[],
): Promise<void> {
  const outageOf = new Map(outages.flatMap(outage => outage.incidents.map(id => [id, outage.id] as const)));
  const changed = rows
    .filter(row => row.outage !== (outageOf.get(row.id) ?? null))
    .map(row => ({ id: row.id, outage: outageOf.get(row.id) ?? null }));
  if (changed.length === 0) return;
  await sql`
    update incident set outage_id = given.outage
    from ${unnestRows(changed, { id: 'bigint', outage: 'bigint' })} where incident.id = given.id`.execute(
    trx,
  );
}

async function observeOutages(
  trx: Transaction,
  incidents: readonly Row[],
  affected: readonly number[],
  outages: readonly StreamOutage[],
): Promise<ChangedSince> {
  // An outage that is gone left its observations on the stream of the incident whose id it bore.
  const streamOf = new Map(incidents.map(row => [row.id, row.stream]));
  const subjects = new Set([...affected, ...outages.map(outage => outage.id)]);
  const touched = [...subjects].map(subject => ({ stream: streamOf.get(subject) ?? 0, subject }));
  if (touched.length === 0) return noChanges;
  return replaceObservations(trx, {
    stream: 'stream',
    subject: 'subject',
    newFrom: noNewIds,
    measures: ['restored', 'outage_recovered'],
    with: sql`touched as materialized (
      select * from ${unnestRows(touched, { stream: 'integer', subject: 'bigint' })}
    ),
    wanted(stream_id, measure, subject, at, value) as (
      select outage.stream_id, ${measureId('restored')}, outage.id, outage.ended_at, outage.ended_at - outage.began_at
      from outage join touched on touched.subject = outage.id
      union all
      select outage.stream_id, ${measureId('outage_recovered')}, outage.id, outage.ended_at,
        outage.ended_at - outage.began_at
      from outage join touched on touched.subject = outage.id
      where ${existsByLookup(sql`
        incident cross join lateral (select from attribution where attribution.incident_id = incident.id limit 1) as blamed
        where incident.outage_id = outage.id`)}
    )`,
  });
}
