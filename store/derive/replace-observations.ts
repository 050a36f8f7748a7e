import { type RawBuilder, sql } from 'kysely';
import type { Measure } from '../../domain/metrics/measures.ts';
import type { Transaction } from '../schema/tables.ts';
import { measureIds } from '../sql/measures.ts';

/**
 * By service id: the earliest time of an observation that was inserted, changed or deleted, milliseconds since 1970.
 * Services that are not in it have the observations that they had.
 */
export type ChangedSince = ReadonlyMap<number, number>;

export const noChanges: ChangedSince = new Map();

export function mergeChanges(changes: readonly ChangedSince[]): ChangedSince {
  const earliest = new Map<number, number>();
  for (const [serviceId, at] of changes.flatMap(changed => [...changed]))
    earliest.set(serviceId, Math.min(at, earliest.get(serviceId) ?? at));
  return earliest;
}

/** What {@link replaceWanted} selects. */
export interface ChangedRow {
  readonly serviceId: number;
  readonly since: number;
}

export async function changedSince(trx: Transaction, query: RawBuilder<ChangedRow>): Promise<ChangedSince> {
  const changed = await query.execute(trx);
  return new Map(changed.rows.map(({ serviceId, since }) => [serviceId, since]));
}

/**
 * The end of a statement that replaces observations by the wanted ones and leaves rows that are as wanted alone. It follows
 * the CTEs `subjects(stream_id, id)` and `wanted(stream_id, measure, subject, at, value)`. No other transaction writes the
 * observations meanwhile, because the caller holds the lock of their services.
 * @param measures which of the subjects' observations are replaced
 * @param newFrom subjects from this id on are new, and have no observations
 */
export const replaceWanted = (measures: readonly Measure[], newFrom: number) => sql`standing as materialized (
      select known.*
      from subjects cross join lateral (
        select ctid as tuple, stream_id, measure, subject, at as stood_at, value as stood_value from observation
        where observation.stream_id = subjects.stream_id and observation.subject = subjects.id
          and observation.measure = any(array[${measureIds(...measures)}]::smallint[]) offset 0
      ) as known
      where subjects.id < ${newFrom}::bigint
    ),
    difference as materialized (
      select * from wanted full join standing using (stream_id, measure, subject)
      where (at, value) is distinct from (stood_at, stood_value)
    ),
    deleted as (
      delete from observation where ctid = any(array(select tuple from difference where tuple is not null))
    ),
    inserted as (
      insert into observation (stream_id, measure, subject, at, value)
      select stream_id, measure, subject, at, value from difference where at is not null
    ),
    changed as materialized (
      select stream_id, min(least(at, stood_at)) as since from difference group by stream_id
    )
    select stream.service_id as "serviceId", min(changed.since) as since
    from changed join stream on stream.id = changed.stream_id group by stream.service_id`;
