import { must } from '../../domain/must.ts';
import type { Store } from '../schema/tables.ts';
import { statement } from '../sql/statement.ts';

export interface FlagQuestion {
  /** Names of services; null for all. Changes that name no service count for every service. */
  readonly services: readonly string[] | null;
  /** Included, in milliseconds. */
  readonly from: number;
  /** Excluded, in milliseconds. */
  readonly to: number;
}

/** How many flag changes lie in a period. */
export async function countFlagChanges(db: Store, { services, from, to }: FlagQuestion): Promise<number> {
  const found = await statement<{ count: number }>('flag-changes.count')`
    select count(*)::integer as count from event
    where flag_at is not null and flag_at >= ${from}::bigint and flag_at < ${to}::bigint
      and (${services}::text[] is null or body->>'service' is null or body->>'service' = any(${services}::text[]))`.execute(
    db,
  );
  return must(found.rows[0], 'count of flag changes').count;
}
