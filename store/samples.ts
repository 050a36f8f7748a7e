import { type RawBuilder, sql } from 'kysely';
import type { Measure } from '../domain/definitions.ts';
import { measureIds } from './given.ts';
import type { Transaction } from './tables.ts';

export interface Resampling {
  /** CTEs; among them `touched` and `wanted(line_id, measure, subject, at, value)`. */
  readonly with: RawBuilder<unknown>;
  /** The columns of `touched` that hold the line and the subject. */
  readonly line: string;
  readonly subject: string;
  /** Which of the touched subjects' samples are replaced. */
  readonly measures: readonly Measure[];
}

/**
 * Makes the samples of the touched subjects those that are wanted; rows that stand already are left alone.
 * Each measure is looked up by itself: for `measure in (…)`, PostgreSQL 15 may read all samples of the line.
 */
export async function resample(trx: Transaction, of: Resampling): Promise<void> {
  await sql`
    with ${of.with},
    gone as (
      delete from sample where ctid = any(array(
        select standing.ctid
        from touched
        cross join unnest(array[${measureIds(...of.measures)}]::smallint[]) as own(measure)
        cross join lateral (
          select ctid, line_id, measure, subject from sample
          where sample.line_id = ${sql.ref(`touched.${of.line}`)} and sample.measure = own.measure
            and sample.subject = ${sql.ref(`touched.${of.subject}`)} offset 0
        ) as standing
        where not exists (
          select from wanted
          where wanted.line_id = standing.line_id and wanted.measure = standing.measure
            and wanted.subject = standing.subject
        )
      ))
    )
    insert into sample (line_id, measure, subject, at, value)
    select line_id, measure, subject, at, value from wanted
    on conflict (line_id, measure, subject) do update set at = excluded.at, value = excluded.value
    where (sample.at, sample.value) is distinct from (excluded.at, excluded.value)`.execute(trx);
}
