import type { ColumnType, Generated, JSONColumnType, Kysely, Transaction as KyselyTransaction } from 'kysely';
import type { Cause, Event } from '../../domain/events/event.ts';

/**
 * The tables, as the migrations leave them. Times are milliseconds since 1970, lengths are milliseconds, and names sort
 * by their bytes. A writer holds the lock of a service's row while it derives anything of the service.
 *
 * `setting`, `event`, `conflict` and `dead_request` are stored for ever. `measure` is written by the program when it opens
 * the store. Every other table is derived from `event`, and `firstlight rebuild` makes it again.
 */
export interface Database {
  /** What all processes agree on: the attribution window, and the mark of a demo. */
  setting: { name: string; value: string };

  /** What the measures in `observation` are called, for the views of readers. */
  measure: { id: number; name: string; role: 'metric' | 'finding' };

  /** The raw events, each identity once. */
  event: {
    /** Grows with each transaction; may have gaps. */
    seq: Generated<number>;
    /** The first 16 bytes of the SHA-256 of the event's source and id, as a uuid. */
    key: string;
    /** The first 32 bits of the event's digest: a repeat with another one is a conflict. */
    digest: number;
    body: JSONColumnType<Event>;
    /** See `subjectHashOf`; null: stored by a version that did not know the column, during an upgrade. */
    subject_hash: number | null;
    /** When a flag was changed; null on every other event. */
    flag_at: number | null;
  };

  /** Events with the identity of a stored one and another content. */
  conflict: {
    /** As `event.key`. */
    key: Uint8Array;
    /** The first 16 bytes of the event's digest. */
    digest: Uint8Array;
    received_at: number;
    body: JSONColumnType<Event>;
  };

  /** Authentic requests of tools that could not be mapped to events. `firstlight replay` sends them again. */
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

  /** Services; a writer locks their rows. */
  service: {
    id: Generated<number>;
    name: string;
    /** The team that the latest event with a team names, and the time of that event. */
    team: string | null;
    team_at: number | null;
  };

  /** A service in an environment. */
  stream: {
    id: Generated<number>;
    service_id: number;
    environment: string;
    /** Rollouts exposed since the first event, returns included, and those of them that an event rolled back. */
    exposed_total: number;
    rolled_back_total: number;
  };

  /** Names that a service's events use for a change, or for an artifact. */
  revision: {
    id: Generated<number>;
    service_id: number;
    name: string;
    created_at: number | null;
    merged_at: number | null;
    rework: boolean;
  };

  /** A change became an artifact; both are revisions. */
  change_artifact: { artifact_id: number; change_id: number };

  /** Rollouts: facts from events first, then the relations that the evaluation of the stream gives them. */
  rollout: {
    id: Generated<number>;
    stream_id: number;
    name: string;
    /** The first time of a weight above 0. */
    exposed_at: number | null;
    /** The first time of weight 100. */
    full_at: number | null;
    /** The earliest rollback by an event of its own, the cause it gives, and the weight it says the rollout had, in percent. */
    rolled_back_at: number | null;
    cause: ColumnType<Cause | null, Cause | null | undefined>;
    rolled_back_from: ColumnType<number | null, number | null | undefined>;
    /** Its strategy is `flag`. */
    flag: boolean;
    /** A rehearsal, which counts nowhere. */
    drill: boolean;
    /** Made to repair a failure; of a revision, too. */
    rework: boolean;
    /** Its strategy is one that takes traffic in steps. */
    progressive: boolean;

    /** `exposed_at` when the relations below were evaluated; null: the rollout has no position in its stream (unknown exposure, or a drill). */
    sorted_at: number | null;
    /** An older version came back. */
    is_return: ColumnType<boolean, boolean | undefined>;
    /** The rollout carries the changes merged in (base, head]; null: none before it, or none of its own. */
    base: number | null;
    head: number | null;
    /** When a return rolled this rollout back, and the rollout that was the return. */
    returned_at: number | null;
    returned_by: number | null;
  };

  /** A rollout names a revision, as a change or as an artifact. */
  rollout_revision: { rollout_id: number; revision_id: number; is_artifact: boolean };

  /** The weight that a rollout has from a time on, in percent. `stream_id` is the rollout's. */
  step: { rollout_id: number; at: number; stream_id: number; weight: number };

  /** Incidents, with the facts from events. */
  incident: {
    id: Generated<number>;
    stream_id: number;
    name: string;
    /** The first and the latest detection. */
    detected_at: number | null;
    detected_last_at: number | null;
    /** The latest resolution; the incident is open where the latest detection is later. */
    resolved_last_at: number | null;
    /** The outage that it is part of; null: it is open, or was never detected. */
    outage_id: number | null;
  };

  /** An incident names a rollout, or the rollout's rollback names the incident. */
  incident_rollout: { incident_id: number; rollout_id: number };

  /** An incident names a revision. */
  incident_revision: { incident_id: number; revision_id: number };

  /** The rollouts that an incident is attributed to. */
  attribution: {
    incident_id: number;
    rollout_id: number;
    /** The incident names nothing, and the rollout was the newest. */
    inferred: boolean;
  };

  /** Resolved incidents of a stream that overlap or touch. `id` is that of the first of them. */
  outage: { id: number; stream_id: number; began_at: number; ended_at: number };

  /** What the metrics count. */
  observation: {
    stream_id: number;
    /** The number of the measure, see `measureId`. */
    measure: number;
    /** The id of a rollout, a change (revision), an incident or an outage, as the measure says. */
    subject: number;
    at: number;
    /** A length, or 0 where the measure only counts. */
    value: number;
  };
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
