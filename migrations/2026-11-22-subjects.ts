import { type Kysely, sql } from 'kysely';

/**
 * Finds the raw events of a subject, and flag changes by their time.
 *
 * about    a hash of the service and of the one name that the event is about: the rollout, the change, the
 *          incident, or the flag. Different names may share one, so whoever looks it up compares the names.
 *          null: written by a process of the version before, while it was being replaced.
 * flag_at  when a flag was changed, milliseconds since 1970; null on every other event
 *
 * Changing a type writes the table anew, without leaving the old rows behind as an update would.
 */
// biome-ignore lint/suspicious/noExplicitAny: a migration is frozen in time and knows no table types
export async function up(db: Kysely<any>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const name = `case body->>'type'
  when 'change_created' then body->>'change'
  when 'change_merged' then body->>'change'
  when 'change_exposed' then coalesce(body->>'rollout', body->>'change', body->'changes'->>0, body->>'artifact')
  when 'change_rolled_back' then coalesce(body->>'rollout', body->>'change', body->>'artifact')
  when 'flag_changed' then body->>'flag'
  else body->>'incident' end`;
const hash = `sha256(convert_to(coalesce(body->>'service', '') || E'\\n' || ${name}, 'UTF8'))`;

const statements = [
  'alter table event add column about text, add column flag_at text',
  `alter table event
    alter column about type integer
      using ('x' || encode(substring(${hash} from 1 for 4), 'hex'))::bit(32)::integer,
    alter column flag_at type bigint
      using case when body->>'type' = 'flag_changed'
        then round(extract(epoch from (body->>'time')::timestamptz) * 1000)::bigint end`,
  'create index event_about on event (about)',
  'create index event_flag on event (flag_at) where flag_at is not null',
  // What is counted nowhere is looked for, too.
  'create index rollout_drill on rollout (line_id) where drill',
];
