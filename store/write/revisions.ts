import { sql } from 'kysely';
import { type ChangeFacts, joinChange, unknownChange } from '../../domain/delivery/facts.ts';
import { mustGet } from '../../domain/must.ts';
import type { Transaction } from '../schema/tables.ts';
import { isNamed } from '../sql/lookups.ts';
import { unnestRows } from '../sql/rows.ts';
import { statement } from '../sql/statement.ts';
import { type Batch, keyOf } from './batch.ts';
import { type LockedServices, leastId } from './services.ts';

export interface Revisions {
  /** The revision of a change or an artifact that the batch names. @throws {Error} where the batch does not name it */
  readonly idOf: (service: string, name: string) => number;
  /** When a change that the batch names was merged, milliseconds since 1970. */
  readonly mergedAtOf: (service: string, name: string) => number | null;
  /** Revisions whose times changed, or that became another revision, or that another one became; with their service. */
  readonly changed: ReadonlyMap<number, number>;
  /** Changes whose merge, rework or artifacts changed: the rollouts that name them are evaluated again. */
  readonly regrouped: ReadonlySet<number>;
  /** Revisions from this id on are new. */
  readonly newFrom: number;
}

interface ReportedRevision {
  readonly serviceId: number;
  readonly name: string;
  readonly facts: ChangeFacts;
}

interface RevisionKey {
  readonly id: number;
  readonly serviceId: number;
  readonly name: string;
}

interface RevisionRow extends RevisionKey, Pick<ChangeFacts, 'createdAt' | 'mergedAt' | 'rework'> {}

/** Joins what the batch reports of changes to what is known, and inserts a revision for every other name that it uses. */
export async function upsertRevisions(
  trx: Transaction,
  services: LockedServices,
  batch: Batch,
): Promise<Revisions> {
  const reported = reportedRevisions(services, batch);
  const ids = new Map<string, number>();
  const mergedAt = new Map<string, number | null>();
  const changed = new Map<number, number>();
  const regrouped = new Set<number>();
  const updated: RevisionRow[] = [];
  for (const row of await find(trx, [...reported.values()])) {
    const key = keyOf(row.serviceId, row.name);
    const after = joinRow(row, mustGet(reported, key, 'reported revision').facts);
    ids.set(key, row.id);
    mergedAt.set(key, after.mergedAt);
    const isRegrouped = after.mergedAt !== row.mergedAt || after.rework !== row.rework;
    if (!isRegrouped && after.createdAt === row.createdAt) continue;
    changed.set(row.id, row.serviceId);
    if (isRegrouped) regrouped.add(row.id);
    updated.push(after);
  }
  await update(trx, updated);
  const missing = [...reported].filter(([key]) => !ids.has(key)).map(([, revision]) => revision);
  const made = await insert(trx, missing);
  for (const { id, serviceId, name } of made) {
    const key = keyOf(serviceId, name);
    const { facts } = mustGet(reported, key, 'reported revision');
    ids.set(key, id);
    mergedAt.set(key, facts.mergedAt);
    // No rollout names a revision that is new, so that no rollout has to be evaluated again.
    if (facts.createdAt !== null || facts.mergedAt !== null) changed.set(id, serviceId);
  }
  const idOf = (service: string, name: string) =>
    mustGet(ids, keyOf(services.idOf(service), name), 'revision');
  for (const { serviceId, artifactId, changeId } of await insertChangeArtifacts(trx, services, batch, idOf)) {
    changed.set(artifactId, serviceId).set(changeId, serviceId);
    regrouped.add(changeId);
  }
  return {
    idOf,
    mergedAtOf: (service, name) => mustGet(mergedAt, keyOf(services.idOf(service), name), 'revision'),
    changed,
    regrouped,
    newFrom: leastId(made),
  };
}

/** Every name that the batch uses for a change or an artifact, by {@link keyOf}(service id, name). */
function reportedRevisions(services: LockedServices, batch: Batch): Map<string, ReportedRevision> {
  const reported = new Map<string, ReportedRevision>();
  const add = (service: string, name: string, facts: ChangeFacts = unknownChange) => {
    const serviceId = services.idOf(service);
    const key = keyOf(serviceId, name);
    const known = reported.get(key)?.facts;
    reported.set(key, { serviceId, name, facts: known ? joinChange(known, facts) : facts });
  };
  for (const { service, name, facts } of batch.changes) {
    add(service, name, facts);
    for (const artifact of facts.artifacts) add(service, artifact);
  }
  for (const { service, facts } of batch.rollouts) {
    for (const change of facts.changes) add(service, change);
    for (const artifact of facts.artifacts) add(service, artifact);
  }
  for (const { service, facts } of batch.incidents) for (const change of facts.changes) add(service, change);
  return reported;
}

function joinRow(row: RevisionRow, facts: ChangeFacts): RevisionRow {
  const { createdAt, mergedAt, rework } = joinChange({ ...row, artifacts: unknownChange.artifacts }, facts);
  return { id: row.id, serviceId: row.serviceId, name: row.name, createdAt, mergedAt, rework };
}

const keyColumns = { serviceId: 'integer', name: 'text' } as const;
const factColumns = { createdAt: 'bigint', mergedAt: 'bigint', rework: 'boolean' } as const;

async function find(trx: Transaction, revisions: readonly ReportedRevision[]): Promise<RevisionRow[]> {
  if (revisions.length === 0) return [];
  const keys = revisions.map(({ serviceId, name }) => ({ serviceId, name }));
  const found = await statement<RevisionRow>('revisions.find')`
    select revision.id, revision.service_id as "serviceId", revision.name, created_at as "createdAt",
      merged_at as "mergedAt", rework
    from ${unnestRows(keys, keyColumns)}
    join revision on revision.service_id = given."serviceId" and ${isNamed('revision', sql`given.name`)}`.execute(
    trx,
  );
  return found.rows;
}

async function insert(trx: Transaction, revisions: readonly ReportedRevision[]): Promise<RevisionKey[]> {
  if (revisions.length === 0) return [];
  const rows = revisions.map(({ serviceId, name, facts: { createdAt, mergedAt, rework } }) => ({
    serviceId,
    name,
    createdAt,
    mergedAt,
    rework,
  }));
  const made = await statement<RevisionKey>('revisions.insert')`
    insert into revision (service_id, name, created_at, merged_at, rework)
    select "serviceId", name, "createdAt", "mergedAt", rework from ${unnestRows(rows, { ...keyColumns, ...factColumns })}
    returning id, service_id as "serviceId", name`.execute(trx);
  return made.rows;
}

async function update(trx: Transaction, revisions: readonly RevisionRow[]): Promise<void> {
  if (revisions.length === 0) return;
  const rows = revisions.map(({ id, createdAt, mergedAt, rework }) => ({ id, createdAt, mergedAt, rework }));
  await statement('revisions.update')`
    update revision set created_at = given."createdAt", merged_at = given."mergedAt", rework = given.rework
    from ${unnestRows(rows, { id: 'bigint', ...factColumns })}
    where revision.id = given.id`.execute(trx);
}

/** @returns which changes were not known to have become which artifacts */
async function insertChangeArtifacts(
  trx: Transaction,
  services: LockedServices,
  batch: Batch,
  idOf: Revisions['idOf'],
): Promise<{ serviceId: number; artifactId: number; changeId: number }[]> {
  const rows: { artifactId: number; changeId: number }[] = [];
  const serviceOf = new Map<number, number>();
  for (const { service, name, facts } of batch.changes)
    for (const artifact of facts.artifacts) {
      const changeId = idOf(service, name);
      serviceOf.set(changeId, services.idOf(service));
      rows.push({ artifactId: idOf(service, artifact), changeId });
    }
  if (rows.length === 0) return [];
  const made = await statement<{ artifactId: number; changeId: number }>('change-artifacts.insert')`
    insert into change_artifact (artifact_id, change_id)
    select "artifactId", "changeId" from ${unnestRows(rows, { artifactId: 'bigint', changeId: 'bigint' })}
    on conflict do nothing
    returning artifact_id as "artifactId", change_id as "changeId"`.execute(trx);
  return made.rows.map(row => ({
    ...row,
    serviceId: mustGet(serviceOf, row.changeId, 'service of a change'),
  }));
}
