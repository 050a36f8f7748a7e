import type { Transaction } from '../schema/tables.ts';
import { statement } from './statement.ts';

/**
 * Our statements look up by index, from the rows given outwards, in the order in which they are written. While
 * tables are young (and in PGlite, which never gathers statistics, for ever) PostgreSQL would guess worse.
 */
export async function planAsWritten(trx: Transaction): Promise<void> {
  await statement('planner.set')`
    select set_config('join_collapse_limit', '1', true), set_config('enable_seqscan', 'off', true),
      set_config('enable_bitmapscan', 'off', true), set_config('enable_mergejoin', 'off', true),
      set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true),
      set_config('plan_cache_mode', 'force_generic_plan', true)`.execute(trx);
}
