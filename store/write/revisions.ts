import { sql } from 'kysely';
import { type ChangeFacts, joinChange, unknownChange } from '../../domain/delivery/facts.ts';
import type { Transaction } from '../schema/tables.ts';
import { isNamed } from '../sql/lookups.ts';
import { unnestRows } from '../sql/rows.ts';
import { type Batch, keyOf } from './batch.ts';
import { leastId } from './new-ids.ts';

export interface Revisions {
  /** The revision of a service's change or artifact; made by {@link upsertRevisions}. */
  readonly idOf: (service: string, name: string) => number;
  /** When a change that the batch names was merged, milliseconds since 1970. */
  readonly mergedOf: (service: string, name: string) => number | null;
  /** Names whose facts are others now, or that stand for, or became, others; with their service. */
  readonly changed: ReadonlyMap<number, number>;
  /** Changes that rollouts may carry otherwise now: their merge, their rework or their artifacts changed. */
  readonly regrouped: ReadonlySet<number>;
  /** Ids from this one on were made for this batch, see {@link leastId}. */
  readonly newFrom: number;
}

interface Wanted {
  readonly service: number;
  readonly name: string;
  readonly facts: ChangeFacts;
}

interface Row {
  readonly id: number;
  readonly service: number;
  readonly name: string;
  readonly created: number | null;
  readonly merged: number | null;
  readonly rework: boolean;
}

/** Joins what the batch says of changes to what is known, and makes a revision for every name that it uses. */
export async function upsertRevisions(
  trx: Transaction,
  services: ReadonlyMap<string, number>,
  batch: Batch,
): Promise<Revisions> {
  const wanted = namesOf(services, batch);
  const ids = new Map<string, number>();
  const merges = new Map<string, number | null>();
  const changed = new Map<number, number>();
  const regrouped = new Set<number>();
  const updated: Row[] = [];
  for (const row of await existing(trx, [...wanted.values()])) {
    const key = keyOf(row.service, row.name);
    ids.set(key, row.id);
    const said = wanted.get(key)?.facts ?? unknownChange;
    const now = joinChange({ ...row, artifacts: new Set() }, said);
    merges.set(key, now.merged);
    const isRegrouped = now.merged !== row.merged || now.rework !== row.rework;
    if (!isRegrouped && now.created === row.created) continue;
    changed.set(row.id, row.service);
    if (isRegrouped) regrouped.add(row.id);
    updated.push({ ...row, created: now.created, merged: now.merged, rework: now.rework });
  }
  await update(trx, updated);
  const missing = [...wanted].filter(([key]) => !ids.has(key)).map(([, revision]) => revision);
  const made = await insert(trx, missing);
  for (const row of made) {
    const key = keyOf(row.service, row.name);
    ids.set(key, row.id);
    // No rollout can name what had no revision, so nothing is regrouped by it.
    const { created, merged } = wanted.get(key)?.facts ?? unknownChange;
    merges.set(key, merged);
    if (created !== null || merged !== null) changed.set(row.id, row.service);
  }
  const idOf = (service: string, name: string): number => {
    const id = ids.get(keyOf(services.get(service) ?? 0, name));
    if (id === undefined) throw new Error(`no revision was made for ${name} of ${service}`);
    return id;
  };
  for (const { service, artifact, change } of await upsertChangeArtifacts(trx, services, batch, idOf)) {
    changed.set(artifact, service).set(change, service);
    regrouped.add(change);
  }
  const mergedOf = (service: string, name: string) =>
    merges.get(keyOf(services.get(service) ?? 0, name)) ?? null;
  return { idOf, mergedOf, changed, regrouped, newFrom: leastId(made) };
}

function namesOf(services: ReadonlyMap<string, number>, batch: Batch): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  const want = (service: string, name: string, facts: ChangeFacts = unknownChange) => {
    const id = services.get(service) ?? 0;
    const known = wanted.get(keyOf(id, name))?.facts;
    wanted.set(keyOf(id, name), { service: id, name, facts: known ? joinChange(known, facts) : facts });
  };
  for (const { service, name, facts } of batch.changes) {
    want(service, name, facts);
    for (const artifact of facts.artifacts) want(service, artifact);
  }
  for (const { service, facts } of batch.rollouts) {
    for (const change of facts.changes) want(service, change);
    for (const artifact of facts.artifacts) want(service, artifact);
  }
  for (const { service, facts } of batch.incidents) for (const change of facts.changes) want(service, change);
  return wanted;
}

async function existing(trx: Transaction, wanted: readonly Wanted[]): Promise<Row[]> {
  if (wanted.length === 0) return [];
  const keys = wanted.map(({ service, name }) => ({ service, name }));
  const found = await sql<Row>`
    select revision.id, revision.service_id as service, revision.name, created_at as created, merged_at as merged, rework
    from ${unnestRows(keys, { service: 'integer', name: 'text' })}
    join revision on revision.service_id = given.service and ${isNamed('revision', sql`given.name`)}`.execute(
    trx,
  );
  return found.rows;
}

async function insert(trx: Transaction, revisions: readonly Wanted[]) {
  if (revisions.length === 0) return [];
  const rows = revisions.map(({ service, name, facts: { created, merged, rework } }) => ({
    service,
    name,
    created,
    merged,
    rework,
  }));
  const made = await sql<{ id: number; service: number; name: string }>`
    insert into revision (service_id, name, created_at, merged_at, rework)
    select service, name, created, merged, rework from ${unnestRows(rows, {
      service: 'integer',
      name: 'text',
      created: 'bigint',
      merged: 'bigint',
      rework: 'boolean',
    })}
    returning id, service_id as service, name`.execute(trx);
  return made.rows;
}

async function update(trx: Transaction, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const facts = rows.map(({ id, created, merged, rework }) => ({ id, created, merged, rework }));
  await sql`
    update revision set created_at = given.created, merged_at = given.merged, rework = given.rework
    from ${unnestRows(facts, { id: 'bigint', created: 'bigint', merged: 'bigint', rework: 'boolean' })}
    where revision.id = given.id`.execute(trx);
}

/** @returns what was not known to have become what */
async function upsertChangeArtifacts(
  trx: Transaction,
  services: ReadonlyMap<string, number>,
  batch: Batch,
  idOf: Revisions['idOf'],
): Promise<{ service: number; artifact: number; change: number }[]> {
  const changeArtifacts = batch.changes.flatMap(({ service, name, facts }) =>
    [...facts.artifacts].map(artifact => ({
      service: services.get(service) ?? 0,
      artifact: idOf(service, artifact),
      change: idOf(service, name),
    })),
  );
  if (changeArtifacts.length === 0) return [];
  const rows = changeArtifacts.map(({ artifact, change }) => ({ artifact, change }));
  const made = await sql<{ artifact: number; change: number }>`
    insert into change_artifact (artifact_id, change_id)
    select artifact, change from ${unnestRows(rows, { artifact: 'bigint', change: 'bigint' })}
    on conflict do nothing
    returning artifact_id as artifact, change_id as change`.execute(trx);
  const serviceOf = new Map(changeArtifacts.map(({ artifact, service }) => [artifact, service]));
  return made.rows.map(row => ({ ...row, service: serviceOf.get(row.artifact) ?? 0 }));
}
