import { type Kysely, sql } from 'kysely';

/**
 * Requests of tools that were authentic and could not be mapped, with their bytes, until `firstlight replay`
 * has stored their events. Kept by the standalone run; the distributed run has a topic for them.
 */
// biome-ignore lint/suspicious/noExplicitAny: a migration is frozen in time and knows no table types
export async function up(db: Kysely<any>): Promise<void> {
  await sql`create table dead_request (
    id bigint generated always as identity primary key,
    tool text not null,
    query json not null,
    headers json not null,
    body bytea not null,
    client text not null,
    received_at bigint not null,
    reason text not null,
    detail text not null
  )`.execute(db);
}
