import type { Store } from '../schema/tables.ts';
import { statement } from '../sql/statement.ts';

/** A request of a tool that could not be mapped to events, as it came. */
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
  await statement('dead-requests.insert')`
    insert into dead_request (tool, query, headers, body, client, received_at, reason, detail)
    values (${tool}, ${JSON.stringify(query)}::json, ${JSON.stringify(headers)}::json, ${body}, ${client},
      ${receivedAt}::bigint, ${reason}, ${detail})`.execute(db);
}

/** Requests in the order in which they came, beginning after the one with the id `after`. */
export async function readRequests(
  db: Store,
  after: number,
  limit: number,
): Promise<(KeptRequest & { readonly id: number })[]> {
  const found = await statement<KeptRequest & { readonly id: number }>('dead-requests.page')`
    select id, tool, query, headers, body, client, received_at as "receivedAt", reason, detail
    from dead_request where id > ${after} order by id limit ${limit}`.execute(db);
  return found.rows;
}

/** Deletes a request whose events are stored. */
export async function dropRequest(db: Store, id: number): Promise<void> {
  await statement('dead-requests.delete')`delete from dead_request where id = ${id}`.execute(db);
}
