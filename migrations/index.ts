import type { Migration } from 'kysely/migration';
import * as record from './2026-11-21-record.ts';
import * as requests from './2026-11-21-requests.ts';
import * as subjects from './2026-11-22-subjects.ts';
import * as toldRollbacks from './2026-11-22-told-rollbacks.ts';
import * as views from './2026-11-22-views.ts';
import * as samples from './2026-11-23-samples.ts';
import * as disk from './2026-11-24-disk.ts';
import * as vocabulary from './2026-11-30-vocabulary.ts';
import * as measures from './2026-12-01-measures.ts';

/** All migrations by name, in the order in which they run. */
export const migrations: Record<string, Migration> = {
  '2026-11-21-record': record,
  '2026-11-21-requests': requests,
  '2026-11-22-subjects': subjects,
  '2026-11-22-told-rollbacks': toldRollbacks,
  '2026-11-22-views': views,
  '2026-11-23-samples': samples,
  '2026-11-24-disk': disk,
  '2026-11-30-vocabulary': vocabulary,
  '2026-12-01-measures': measures,
};
