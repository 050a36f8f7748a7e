import { type Kysely, sql } from 'kysely';

/**
 * The record. Moments are milliseconds since 1970, lengths are milliseconds. Names sort by their bytes.
 * `event`, `conflict` and `setting` are kept for ever; every other table is derived from `event`,
 * and `firstlight rebuild` makes it again.
 */
// biome-ignore lint/suspicious/noExplicitAny: a migration is frozen in time and knows no table types
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table setting (
    name text primary key,
    value text not null
  )`,
  // key: the first 16 bytes of the SHA-256 of (source, id). digest: those of what was sent.
  `create table event (
    seq bigint generated always as identity primary key,
    key bytea not null unique,
    digest bytea not null,
    body json not null
  )`,
  // Repeats of a stored event's identity with another content.
  `create table conflict (
    key bytea not null,
    digest bytea not null,
    received_at bigint not null,
    body json not null,
    primary key (key, digest)
  )`,

  // The row that a writer locks: one transaction at a time derives anything of a service.
  `create table service (
    id integer generated always as identity primary key,
    name text collate "C" not null unique,
    team text collate "C",
    team_at bigint
  )`,
  // A service in an environment.
  `create table line (
    id integer generated always as identity primary key,
    service_id integer not null,
    environment text collate "C" not null,
    exposed_total bigint not null default 0,
    rolled_back_total bigint not null default 0,
    unique (service_id, environment)
  )`,
  // A name that a service's events use for a change, or for an artifact that stands for changes.
  `create table label (
    id bigint generated always as identity primary key,
    service_id integer not null,
    name text collate "C" not null,
    created_at bigint,
    merged_at bigint,
    rework boolean not null default false,
    unique (service_id, name)
  )`,
  `create index label_merged on label (service_id, merged_at) where merged_at is not null`,
  // "This change became this artifact."
  `create table alias (
    artifact_id bigint not null,
    change_id bigint not null,
    primary key (artifact_id, change_id)
  )`,
  `create index alias_change on alias (change_id)`,

  // Facts, then what the timeline made of them:
  // placed_at    where it stands in its line (null: it does not)
  // is_return    an older version coming back
  // highest      the highest head of the rollouts before it
  // head         its own, if it is one for others; it carries what was merged in (highest, head]
  // returned_at  when, and returned_by which, return rolled it back
  `create table rollout (
    id bigint generated always as identity primary key,
    line_id integer not null,
    name text collate "C" not null,
    exposed_at bigint,
    full_at bigint,
    rolled_back_at bigint,
    flag boolean not null default false,
    drill boolean not null default false,
    rework boolean not null default false,
    progressive boolean not null default false,
    placed_at bigint,
    is_return boolean not null default false,
    highest bigint,
    head bigint,
    returned_at bigint,
    returned_by bigint,
    unique (line_id, name)
  )`,
  `create index rollout_place on rollout (line_id, exposed_at, name) where exposed_at is not null and not drill`,
  `create index rollout_carrier on rollout (line_id, head) where head > highest`,
  `create index rollout_return on rollout (line_id, exposed_at) where is_return`,
  `create index rollout_returned on rollout (returned_by) where returned_by is not null`,
  `create table naming (
    rollout_id bigint not null,
    label_id bigint not null,
    is_artifact boolean not null,
    primary key (rollout_id, label_id, is_artifact)
  )`,
  `create index naming_label on naming (label_id)`,
  `create table step (
    rollout_id bigint not null,
    at bigint not null,
    line_id integer not null,
    weight double precision not null,
    primary key (rollout_id, at)
  )`,
  `create index step_moment on step (line_id, at) where weight > 0`,

  `create table incident (
    id bigint generated always as identity primary key,
    line_id integer not null,
    name text collate "C" not null,
    detected_at bigint,
    detected_last_at bigint,
    resolved_last_at bigint,
    outage_id bigint,
    unique (line_id, name)
  )`,
  `create index incident_detected on incident (line_id, detected_at)`,
  `create index incident_open on incident (line_id)
    where detected_at is not null and (resolved_last_at is null or detected_last_at > resolved_last_at)`,
  `create index incident_outage on incident (outage_id) where outage_id is not null`,
  // An incident that names a rollout, or that a rollback of it names.
  `create table incident_rollout (
    incident_id bigint not null,
    rollout_id bigint not null,
    primary key (incident_id, rollout_id)
  )`,
  `create index incident_rollout_rollout on incident_rollout (rollout_id)`,
  `create table incident_label (
    incident_id bigint not null,
    label_id bigint not null,
    primary key (incident_id, label_id)
  )`,
  `create index incident_label_label on incident_label (label_id)`,
  `create table blame (
    incident_id bigint not null,
    rollout_id bigint not null,
    inferred boolean not null,
    primary key (incident_id, rollout_id)
  )`,
  `create index blame_rollout on blame (rollout_id)`,
  // Resolved incidents that overlap or touch; the id is that of its first incident.
  `create table outage (
    id bigint primary key,
    line_id integer not null,
    began_at bigint not null,
    ended_at bigint not null
  )`,
  `create index outage_line on outage (line_id, began_at)`,

  // What every number is made of; measures are numbered by the definitions.
  `create table sample (
    line_id integer not null,
    measure smallint not null,
    subject bigint not null,
    at bigint not null,
    value bigint not null,
    primary key (line_id, measure, subject)
  )`,
  `create index sample_moment on sample (line_id, at)`,
];
