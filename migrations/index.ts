import type { Migration } from 'kysely/migration';
import * as record from './2026-11-21-record.ts';
import * as requests from './2026-11-21-requests.ts';

/** All migrations by name, in the order in which they run. */
export const migrations: Record<string, Migration> = {
  '2026-11-21-record': record,
  '2026-11-21-requests': requests,
};
