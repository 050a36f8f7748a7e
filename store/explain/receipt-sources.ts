import { type RawBuilder, sql } from 'kysely';
import type { Measure } from '../../domain/metrics/measures.ts';
import { measureId, measureIds } from '../sql/measures.ts';
import type { Kind } from './kinds.ts';

/**
 * Subqueries for the kinds of rows that are no observations. Each gives rows `(kind, subject, at, value)` of the stream
 * `own.id`, times and values in milliseconds.
 */

/** The condition that a column of times lies in the period that is asked for. */
export type Within = (at: string) => RawBuilder<unknown>;

/**
 * @param kind the number of the kind
 * @param to the end of the period, excluded, milliseconds since 1970
 */
export type Source = (kind: RawBuilder<unknown>, within: Within, to: number) => RawBuilder<unknown>;

/**
 * Subjects that have an observation of one of the measures `of` in the period, and none of `other`, which would have the
 * same time: rows `(subject, at, value)`.
 */
const lacking = (within: Within, other: Measure, ...of: Measure[]) => sql`(
  select subject, at, value from (
    select subject, min(at) as at, max(value) as value, bool_or(measure = ${measureId(other)}) as has
    from observation
    where stream_id = own.id and ${within('at')}
      and measure = any(array[${measureIds(...of, other)}]::smallint[])
    group by subject
  ) as one where not has) as observation`;
const isBlamed = sql`exists (select from attribution where attribution.rollout_id = observation.subject)`;
const isCreated = sql`exists (
  select from revision where revision.id = observation.subject and revision.created_at is not null)`;

/** By kind: what is left out for a reason, and what is never observed. */
export const unobservedSources: Readonly<Partial<Record<Kind, Source>>> = {
  drill_exposed: (kind, within) => sql`
    select ${kind}, id, exposed_at, 0::bigint from rollout
    where stream_id = own.id and drill and exposed_at is not null and ${within('exposed_at')}`,
  drill_rolled_back: (kind, within) => sql`
    select ${kind}, id, rolled_back_at, 0::bigint from rollout
    where stream_id = own.id and drill and rolled_back_at is not null and ${within('rolled_back_at')}`,
  return_exposed: (kind, within) => sql`
    select ${kind}, id, exposed_at, 0::bigint from rollout
    where stream_id = own.id and is_return and ${within('exposed_at')}`,
  return_rolled_back: (kind, within) => sql`
    select ${kind}, id, rolled_back_at, 0::bigint from rollout
    where stream_id = own.id and is_return and rolled_back_at is not null and ${within('rolled_back_at')}`,
  // Open incidents count however long ago they were detected.
  open: (kind, _within, to) => sql`
    select ${kind}, id, detected_at, 0::bigint from incident
    where stream_id = own.id and detected_at is not null
      and (resolved_last_at is null or detected_last_at > resolved_last_at) and detected_at < ${to}::bigint`,
  not_blamed: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'outage_recovered', 'restored')}`,
  blamed: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'rollback_recovered', 'contained', 'escaped')}
    where ${isBlamed}`,
  rolled_back_before_exposure: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'rollback_recovered', 'contained', 'escaped')}
    where not ${isBlamed}`,
  created_unknown: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'created_to_merged', 'lead_time')}
    where not ${isCreated}`,
  created_after_merge: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'created_to_merged', 'lead_time')}
    where ${isCreated}`,
  never_full: (kind, within) => sql`
    select ${kind}, subject, at, value from ${lacking(within, 'exposed_to_full', 'lead_time')}`,
  ever_exposed: (kind, within) => sql`
    select ${kind}, id, exposed_at, 0::bigint from rollout
    where stream_id = own.id and exposed_at is not null and not drill and ${within('exposed_at')}`,
  ever_rolled_back: (kind, within) => sql`
    select ${kind}, id, rolled_back_at, 0::bigint from rollout
    where stream_id = own.id and exposed_at is not null and not drill and rolled_back_at is not null
      and ${within('rolled_back_at')}`,
};
