import { type Kysely, sql } from 'kysely';

/** All samples of a subject lie together: they are looked up, written and taken back together. */
// biome-ignore lint/suspicious/noExplicitAny: a migration is frozen in time and knows no table types
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table sample
    drop constraint sample_pkey,
    add primary key (subject, line_id, measure)`.execute(db);
}
