import { type Kysely, sql } from 'kysely';

/**
 * The same record in less space.
 *
 * event.key     the same 16 bytes, as a uuid
 * event.digest  the first 32 bits: they only tell whether a repeated event says the same
 * event.seq     only a rebuild asks by it, and for the end of a table that grows in its order: a BRIN index will do
 * label, rollout  are looked up by a hash of the name. Names do not stand in the index, nor are they unique by it, and
 *               the same goes for a subject's samples: who writes them has locked their service and has looked before.
 *
 * label is made anew for the order of its columns: numbers of eight bytes first leave no gaps.
 */
// biome-ignore lint/suspicious/noExplicitAny: a migration is frozen in time and knows no table types
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table event
    drop constraint event_pkey,
    drop constraint event_key_key,
    alter column key type uuid using encode(key, 'hex')::uuid,
    alter column digest type integer
      using ('x' || encode(substring(digest from 1 for 4), 'hex'))::bit(32)::integer,
    add primary key (key)`,
  'create index event_seq on event using brin (seq)',

  'alter table sample drop constraint sample_pkey',
  'create index sample_subject on sample (subject, line_id)',

  'alter table rollout drop constraint rollout_line_id_name_key',
  'create index rollout_name on rollout (line_id, hashtext(name))',

  'alter table label rename to label_before',
  'alter table label_before drop constraint label_pkey, alter column id drop identity',
  'drop index label_merged',
  `create table label (
    id bigint generated always as identity primary key,
    created_at bigint,
    merged_at bigint,
    service_id integer not null,
    rework boolean not null default false,
    name text collate "C" not null
  )`,
  `insert into label (id, created_at, merged_at, service_id, rework, name) overriding system value
    select id, created_at, merged_at, service_id, rework, name from label_before order by id`,
  `select setval(pg_get_serial_sequence('label', 'id'), coalesce(max(id), 1), max(id) is not null) from label`,
  'drop table label_before',
  'create index label_merged on label (service_id, merged_at) where merged_at is not null',
  'create index label_name on label (service_id, hashtext(name))',
];
