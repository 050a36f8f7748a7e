import { type RawBuilder, sql } from 'kysely';
import type { Measure } from '../../domain/metrics/measures.ts';
import type { Transaction } from '../schema/tables.ts';
import { measureIds } from '../sql/measures.ts';

export interface ObservationReplacement {
  /** CTEs; among them `touched` and `wanted(stream_id, measure, subject, at, value)`. */
  readonly with: RawBuilder<unknown>;
  /** The columns of `touched` that hold the stream and the subject. */
  readonly stream: string;
  readonly subject: string;
  /** Which of the touched subjects' observations are replaced. */
  readonly measures: readonly Measure[];
  /** Subjects from this id on are new, and have no observations. */
  readonly newFrom: number;
}

/**
 * Of services, by id: the earliest moment of an observation that was made, moved or taken away, milliseconds since 1970. A service
 * that is not in it has the observations that it had.
 */
export type ChangedSince = ReadonlyMap<number, number>;

export const noChanges: ChangedSince = new Map();

/** All that changed, whichever change it was. */
export function mergeChanges(changes: readonly ChangedSince[]): ChangedSince {
  const earliest = new Map<number, number>();
  for (const [service, at] of changes.flatMap(changed => [...changed]))
    earliest.set(service, Math.min(at, earliest.get(service) ?? at));
  return earliest;
}

/**
 * Makes the observations of the touched subjects those that are wanted; rows that stand already are left alone. What
 * stands cannot change meanwhile, because whoever writes a service's observations holds its lock.
 */
export async function replaceObservations(
  trx: Transaction,
  of: ObservationReplacement,
): Promise<ChangedSince> {
  const changed = await sql<{ service: number; since: number }>`
    with ${of.with},
    standing as materialized (
      select known.*
      from touched cross join lateral (
        select ctid as tuple, stream_id, measure, subject, at as stood_at, value as stood_value from observation
        where observation.stream_id = ${sql.ref(`touched.${of.stream}`)}
          and observation.subject = ${sql.ref(`touched.${of.subject}`)}
          and observation.measure = any(array[${measureIds(...of.measures)}]::smallint[]) offset 0
      ) as known
      where ${sql.ref(`touched.${of.subject}`)} < ${of.newFrom}::bigint
    ),
    difference as materialized (
      select * from wanted full join standing using (stream_id, measure, subject)
      where (at, value) is distinct from (stood_at, stood_value)
    ),
    gone as (
      delete from observation where ctid = any(array(select tuple from difference where tuple is not null))
    ),
    made as (
      insert into observation (stream_id, measure, subject, at, value)
      select stream_id, measure, subject, at, value from difference where at is not null
    ),
    changed as materialized (
      select stream_id, min(least(at, stood_at)) as since from difference group by stream_id
    )
    select stream.service_id as service, min(changed.since) as since
    from changed join stream on stream.id = changed.stream_id group by stream.service_id`.execute(trx);
  return new Map(changed.rows.map(({ service, since }) => [service, since]));
}
