import type { Transaction } from '../schema/tables.ts';
import { statement } from './statement.ts';

/**
 * Makes PostgreSQL plan a transaction's statements as they are written: lookups by index, from the caller's rows outwards,
 * in the order of the text. Its own guesses rest on statistics, which a young table does not have, and PGlite never.
 * `offset 0` after a lookup does the same for one join: a subquery with it stays a subquery, evaluated once per row.
 * `docs/decisions/0009-planner-settings.md` has what each of them saves.
 */
export async function planAsWritten(trx: Transaction): Promise<void> {
  await statement('planner.set')`
    select set_config('join_collapse_limit', '1', true), set_config('enable_seqscan', 'off', true),
      set_config('enable_bitmapscan', 'off', true), set_config('enable_mergejoin', 'off', true),
      set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true),
      set_config('plan_cache_mode', 'force_generic_plan', true)`.execute(trx);
}
