import { sql } from 'kysely';
import type { Store } from '../schema/tables.ts';

export interface FlagQuestion {
  /** Names of services; null for all. Changes that name no service count for each. */
  readonly services: readonly string[] | null;
  /** Included, in milliseconds. */
  readonly from: number;
  /** Excluded, in milliseconds. */
  readonly to: number;
}

/** How many flag changes lie in a period; the index over their moments finds them. */
export async function countFlagChanges(db: Store, { services, from, to }: FlagQuestion): Promise<number> {
  const asked =
    services === null
      ? sql``
      : sql`and (body->>'service' is null or body->>'service' = any(${services}::text[]))`;
  const found = await sql<{ count: number }>`
    select count(*)::integer as count from event
    where flag_at is not null and flag_at >= ${from}::bigint and flag_at < ${to}::bigint ${asked}`.execute(
    db,
  );
  return found.rows[0]?.count ?? 0;
}
