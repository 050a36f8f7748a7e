import { sql } from 'kysely';
import type { Store } from '../schema/tables.ts';

/** A request of a tool that could not be mapped, as it is kept. */
export interface KeptRequest {
  readonly tool: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly client: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly reason: string;
  readonly detail: string;
}

export async function insertDeadRequest(db: Store, request: KeptRequest): Promise<void> {
  const { tool, query, headers, body, client, receivedAt, reason, detail } = request;
  await sql`
    insert into dead_request (tool, query, headers, body, client, received_at, reason, detail)
    values (${tool}, ${JSON.stringify(query)}::json, ${JSON.stringify(headers)}::json, ${body}, ${client},
      ${receivedAt}::bigint, ${reason}, ${detail})`.execute(db);
}

/** Kept requests in the order of their coming, beginning after the one numbered `after`. */
export async function readRequests(
  db: Store,
  after: number,
  limit: number,
): Promise<(KeptRequest & { readonly id: number })[]> {
  const rows = await db
    .selectFrom('dead_request')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ received_at, ...row }) => ({ ...row, receivedAt: received_at }));
}

/** Removes a request whose events are stored. */
export async function dropRequest(db: Store, id: number): Promise<void> {
  await db.deleteFrom('dead_request').where('id', '=', id).execute();
}
