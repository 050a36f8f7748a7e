import { sql } from 'kysely';
import { type IncidentFacts, joinIncident, unknownIncident } from '../../domain/delivery/facts.ts';
import type { Transaction } from '../schema/tables.ts';
import { unnestRows } from '../sql/rows.ts';
import { type Batch, keyOf } from './batch.ts';
import type { Revisions } from './revisions.ts';

interface Row {
  readonly id: number;
  readonly stream: number;
  readonly name: string;
  readonly detected: number | null;
  readonly detectedLast: number | null;
  readonly resolvedLast: number | null;
}

/**
 * Joins what the batch says of incidents to what is known, with what they name and what names them.
 * @returns incidents of which anything is new
 */
export async function upsertIncidents(
  trx: Transaction,
  streams: ReadonlyMap<string, number>,
  revisions: Revisions,
  rollouts: ReadonlyMap<string, number>,
  batch: Batch,
): Promise<Set<number>> {
  const told = batch.incidents.map(({ service, environment, ...incident }) => ({
    ...incident,
    service,
    stream: streams.get(keyOf(service, environment)) ?? 0,
  }));
  const touched = new Set<number>();
  const ids = await upsertTimes(trx, told, touched);
  const named = told.flatMap(({ service, stream, name, facts }) =>
    [...facts.changes].map(change => ({
      incident: ids.get(keyOf(stream, name)) ?? 0,
      revision: revisions.idOf(service, change),
    })),
  );
  for (const id of await upsertRevisionLinks(trx, named)) touched.add(id);
  const link = (stream: number, incident: string, rollout: string) => ({
    incident: ids.get(keyOf(stream, incident)) ?? 0,
    rollout: rollouts.get(keyOf(stream, rollout)) ?? 0,
  });
  const links = [
    ...told.flatMap(({ stream, name, facts }) =>
      [...facts.rollouts].map(rollout => link(stream, name, rollout)),
    ),
    ...batch.rollouts.flatMap(({ service, environment, name, facts }) => {
      const stream = streams.get(keyOf(service, environment)) ?? 0;
      return [...facts.incidents].map(incident => link(stream, incident, name));
    }),
  ];
  for (const id of await upsertRolloutLinks(trx, links)) touched.add(id);
  return touched;
}

type Told = { stream: number; name: string; facts: IncidentFacts };

async function upsertTimes(
  trx: Transaction,
  told: readonly Told[],
  touched: Set<number>,
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  if (told.length === 0) return ids;
  const said = new Map(told.map(incident => [keyOf(incident.stream, incident.name), incident]));
  const keys = told.map(({ stream, name }) => ({ stream, name }));
  const found = await sql<Row>`
    select incident.id, incident.stream_id as stream, incident.name, detected_at as detected,
      detected_last_at as "detectedLast", resolved_last_at as "resolvedLast"
    from ${unnestRows(keys, { stream: 'integer', name: 'text' })}
    cross join lateral (
      select * from incident where incident.stream_id = given.stream and incident.name = given.name offset 0
    ) as incident`.execute(trx);
  const updated: Pick<Row, 'id' | 'detected' | 'detectedLast' | 'resolvedLast'>[] = [];
  for (const row of found.rows) {
    const key = keyOf(row.stream, row.name);
    ids.set(key, row.id);
    const { detected, detectedLast, resolvedLast } = joinIncident(
      { ...unknownIncident, ...row },
      said.get(key)?.facts ?? unknownIncident,
    );
    if (detected === row.detected && detectedLast === row.detectedLast && resolvedLast === row.resolvedLast)
      continue;
    updated.push({ id: row.id, detected, detectedLast, resolvedLast });
    touched.add(row.id);
  }
  const moments = { detected: 'bigint', detectedLast: 'bigint', resolvedLast: 'bigint' } as const;
  if (updated.length > 0)
    await sql`
      update incident set detected_at = given.detected, detected_last_at = given."detectedLast",
        resolved_last_at = given."resolvedLast"
      from ${unnestRows(updated, { id: 'bigint', ...moments })} where incident.id = given.id`.execute(trx);
  const missing = [...said]
    .filter(([key]) => !ids.has(key))
    .map(([, { stream, name, facts }]) => {
      const { detected, detectedLast, resolvedLast } = facts;
      return { stream, name, detected, detectedLast, resolvedLast };
    });
  if (missing.length === 0) return ids;
  const made = await sql<{ id: number; stream: number; name: string }>`
    insert into incident (stream_id, name, detected_at, detected_last_at, resolved_last_at)
    select stream, name, detected, "detectedLast", "resolvedLast"
    from ${unnestRows(missing, { stream: 'integer', name: 'text', ...moments })}
    returning id, stream_id as stream, name`.execute(trx);
  for (const { id, stream, name } of made.rows) {
    ids.set(keyOf(stream, name), id);
    touched.add(id);
  }
  return ids;
}

async function upsertRevisionLinks(
  trx: Transaction,
  rows: readonly { incident: number; revision: number }[],
) {
  if (rows.length === 0) return [];
  const made = await sql<{ incident: number }>`
    insert into incident_revision (incident_id, revision_id)
    select incident, revision from ${unnestRows(rows, { incident: 'bigint', revision: 'bigint' })}
    on conflict do nothing
    returning incident_id as incident`.execute(trx);
  return made.rows.map(row => row.incident);
}

async function upsertRolloutLinks(trx: Transaction, rows: readonly { incident: number; rollout: number }[]) {
  if (rows.length === 0) return [];
  const made = await sql<{ incident: number }>`
    insert into incident_rollout (incident_id, rollout_id)
    select incident, rollout from ${unnestRows(rows, { incident: 'bigint', rollout: 'bigint' })}
    on conflict do nothing
    returning incident_id as incident`.execute(trx);
  return made.rows.map(row => row.incident);
}
