import { type IncidentFacts, joinIncident, unknownIncident } from '../../domain/delivery/facts.ts';
import { mustGet } from '../../domain/must.ts';
import type { Transaction } from '../schema/tables.ts';
import { unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { type Batch, keyOf, type ReportedIncident } from './batch.ts';
import type { Revisions } from './revisions.ts';
import type { ChangedRollouts } from './rollouts.ts';
import type { StreamIdOf } from './services.ts';

type RowFacts = Pick<IncidentFacts, 'detectedAt' | 'detectedLastAt' | 'resolvedLastAt'>;
const factColumns = { detectedAt: 'bigint', detectedLastAt: 'bigint', resolvedLastAt: 'bigint' } as const;

interface IncidentKey {
  readonly streamId: number;
  readonly name: string;
}
interface IncidentId extends IncidentKey {
  readonly id: number;
}
interface IncidentRow extends IncidentId, RowFacts {}
const keyColumns = { streamId: 'integer', name: 'text' } as const;

interface BatchIncident extends ReportedIncident {
  readonly streamId: number;
}

/**
 * Joins what the batch reports of incidents to what is known, with the changes and rollouts that they name, and the
 * rollouts whose rollbacks name them.
 * @returns incidents of which anything changed
 */
export async function upsertIncidents(
  trx: Transaction,
  streamIdOf: StreamIdOf,
  revisions: Revisions,
  rollouts: ChangedRollouts,
  batch: Batch,
): Promise<Set<number>> {
  const incidents = new Map<string, BatchIncident>();
  for (const incident of batch.incidents) {
    const streamId = streamIdOf(incident);
    incidents.set(keyOf(streamId, incident.name), { ...incident, streamId });
  }
  const rows = await find(trx, [...incidents.values()]);
  const changedRows = rows.flatMap(row => {
    const key = keyOf(row.streamId, row.name);
    return joinRow(row, mustGet(incidents, key, 'incident of the batch').facts) ?? [];
  });
  await update(trx, changedRows);
  const ids = new Map(rows.map(row => [keyOf(row.streamId, row.name), row.id]));
  const missing = [...incidents].filter(([key]) => !ids.has(key)).map(([, incident]) => incident);
  const newRows = await insert(trx, missing);
  for (const row of newRows) ids.set(keyOf(row.streamId, row.name), row.id);

  const idOf = (streamId: number, name: string) =>
    mustGet(ids, keyOf(streamId, name), 'incident of the batch');
  const revisionLinks: RevisionLink[] = [];
  const rolloutLinks: RolloutLink[] = [];
  for (const { service, streamId, name, facts } of incidents.values()) {
    const incidentId = idOf(streamId, name);
    for (const change of facts.changes)
      revisionLinks.push({ incidentId, revisionId: revisions.idOf(service, change) });
    for (const rollout of facts.rollouts)
      rolloutLinks.push({ incidentId, rolloutId: rollouts.idOf(streamId, rollout) });
  }
  for (const rollout of batch.rollouts) {
    const streamId = streamIdOf(rollout);
    for (const incident of rollout.facts.incidents) {
      const rolloutId = rollouts.idOf(streamId, rollout.name);
      rolloutLinks.push({ incidentId: idOf(streamId, incident), rolloutId });
    }
  }
  return new Set([
    ...[...changedRows, ...newRows].map(row => row.id),
    ...(await linkRevisions(trx, revisionLinks)),
    ...(await linkRollouts(trx, rolloutLinks)),
  ]);
}

/** @returns null where nothing changes */
function joinRow(row: IncidentRow, reported: IncidentFacts): IncidentRow | null {
  const { id, streamId, name } = row;
  const { detectedAt, detectedLastAt, resolvedLastAt } = joinIncident(
    { ...unknownIncident, ...row },
    reported,
  );
  const isSame =
    detectedAt === row.detectedAt &&
    detectedLastAt === row.detectedLastAt &&
    resolvedLastAt === row.resolvedLastAt;
  return isSame ? null : { id, streamId, name, detectedAt, detectedLastAt, resolvedLastAt };
}

async function find(trx: Transaction, keys: readonly IncidentKey[]): Promise<IncidentRow[]> {
  const found = await statement<IncidentRow>('incidents.find')`
    select incident.id, incident.stream_id as "streamId", incident.name, detected_at as "detectedAt",
      detected_last_at as "detectedLastAt", resolved_last_at as "resolvedLastAt"
    from ${unnestRows<IncidentKey>(keys, keyColumns)}
    cross join lateral (
      select * from incident where incident.stream_id = given."streamId" and incident.name = given.name offset 0
    ) as incident`.execute(trx);
  return found.rows;
}

async function update(trx: Transaction, rows: readonly IncidentRow[]): Promise<void> {
  if (rows.length === 0) return;
  await statement('incidents.update')`
    update incident set detected_at = given."detectedAt", detected_last_at = given."detectedLastAt",
      resolved_last_at = given."resolvedLastAt"
    from ${unnestRows<RowFacts & { id: number }>(rows, { id: 'bigint', ...factColumns })}
    where incident.id = given.id`.execute(trx);
}

async function insert(trx: Transaction, incidents: readonly BatchIncident[]): Promise<IncidentId[]> {
  if (incidents.length === 0) return [];
  const rows = incidents.map(({ streamId, name, facts }) => ({ streamId, name, ...facts }));
  const made = await statement<IncidentId>('incidents.insert')`
    insert into incident (stream_id, name, detected_at, detected_last_at, resolved_last_at)
    select "streamId", name, "detectedAt", "detectedLastAt", "resolvedLastAt"
    from ${unnestRows<IncidentKey & RowFacts>(rows, { ...keyColumns, ...factColumns })}
    returning id, stream_id as "streamId", name`.execute(trx);
  return made.rows;
}

interface RevisionLink {
  readonly incidentId: number;
  readonly revisionId: number;
}

/** @returns the incidents of links that were not known */
async function linkRevisions(trx: Transaction, links: readonly RevisionLink[]): Promise<number[]> {
  if (links.length === 0) return [];
  const made = await statement<{ id: number }>('incident-revisions.insert')`
    insert into incident_revision (incident_id, revision_id)
    select "incidentId", "revisionId" from ${unnestRows(links, { incidentId: 'bigint', revisionId: 'bigint' })}
    on conflict do nothing
    returning incident_id as id`.execute(trx);
  return made.rows.map(row => row.id);
}

interface RolloutLink {
  readonly incidentId: number;
  readonly rolloutId: number;
}

/** @returns the incidents of links that were not known */
async function linkRollouts(trx: Transaction, links: readonly RolloutLink[]): Promise<number[]> {
  if (links.length === 0) return [];
  const made = await statement<{ id: number }>('incident-rollouts.insert')`
    insert into incident_rollout (incident_id, rollout_id)
    select "incidentId", "rolloutId" from ${unnestRows(links, { incidentId: 'bigint', rolloutId: 'bigint' })}
    on conflict do nothing
    returning incident_id as id`.execute(trx);
  return made.rows.map(row => row.id);
}
