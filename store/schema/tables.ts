import type { ColumnType, Generated, JSONColumnType, Kysely, Transaction as KyselyTransaction } from 'kysely';
import type { Cause, Event } from '../../domain/events/event.ts';

/**
 * The tables as Kysely sees them; what each holds is said where it is made, in `migrations/`.
 * Moments are milliseconds since 1970.
 */
export interface Database {
  setting: { name: string; value: string };
  event: {
    seq: Generated<number>;
    key: string;
    digest: number;
    body: JSONColumnType<Event>;
    subject_hash: number | null;
    flag_at: number | null;
  };
  conflict: { key: Uint8Array; digest: Uint8Array; received_at: number; body: JSONColumnType<Event> };
  dead_request: {
    id: Generated<number>;
    tool: string;
    query: JSONColumnType<Readonly<Record<string, string>>>;
    headers: JSONColumnType<Readonly<Record<string, string>>>;
    body: Uint8Array;
    client: string;
    received_at: number;
    reason: string;
    detail: string;
  };
  service: { id: Generated<number>; name: string; team: string | null; team_at: number | null };
  stream: {
    id: Generated<number>;
    service_id: number;
    environment: string;
    exposed_total: number;
    rolled_back_total: number;
  };
  revision: {
    id: Generated<number>;
    service_id: number;
    name: string;
    created_at: number | null;
    merged_at: number | null;
    rework: boolean;
  };
  change_artifact: { artifact_id: number; change_id: number };
  rollout: {
    id: Generated<number>;
    stream_id: number;
    name: string;
    exposed_at: number | null;
    full_at: number | null;
    rolled_back_at: number | null;
    cause: ColumnType<Cause | null, Cause | null | undefined>;
    rolled_back_from: ColumnType<number | null, number | null | undefined>;
    flag: boolean;
    drill: boolean;
    rework: boolean;
    progressive: boolean;
    sorted_at: number | null;
    is_return: ColumnType<boolean, boolean | undefined>;
    base: number | null;
    head: number | null;
    returned_at: number | null;
    returned_by: number | null;
  };
  rollout_revision: { rollout_id: number; revision_id: number; is_artifact: boolean };
  step: { rollout_id: number; at: number; stream_id: number; weight: number };
  incident: {
    id: Generated<number>;
    stream_id: number;
    name: string;
    detected_at: number | null;
    detected_last_at: number | null;
    resolved_last_at: number | null;
    outage_id: number | null;
  };
  incident_rollout: { incident_id: number; rollout_id: number };
  incident_revision: { incident_id: number; revision_id: number };
  attribution: { incident_id: number; rollout_id: number; inferred: boolean };
  outage: { id: number; stream_id: number; began_at: number; ended_at: number };
  observation: { stream_id: number; measure: number; subject: number; at: number; value: number };
}

export type Store = Kysely<Database>;
/** A function that takes this must run inside a transaction, with the services' rows locked. */
export type Transaction = KyselyTransaction<Database>;

/** The tables that are made from `event`, and that a rebuild makes again. */
export const derivedTables = [
  'service',
  'stream',
  'revision',
  'change_artifact',
  'rollout',
  'rollout_revision',
  'step',
  'incident',
  'incident_rollout',
  'incident_revision',
  'attribution',
  'outage',
  'observation',
] as const satisfies readonly (keyof Database)[];
