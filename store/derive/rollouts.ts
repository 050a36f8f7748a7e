import { sql } from 'kysely';
import type { Transaction } from '../schema/tables.ts';
import { existsByLookup, rolloutsAt } from '../sql/lookups.ts';
import { measureId } from '../sql/measures.ts';
import { counted, namedBy } from '../sql/rollouts.ts';
import { idsOf } from '../sql/rows.ts';
import { type ChangedSince, noChanges, replaceObservations } from './observations.ts';

/**
 * Writes the observations of these rollouts anew, from their facts, their relations and their attribution.
 * @param newFrom rollouts from this one on are new
 */
export async function observeRollouts(
  trx: Transaction,
  rollouts: ReadonlySet<number>,
  newFrom: number,
): Promise<ChangedSince> {
  if (rollouts.size === 0) return noChanges;
  return replaceObservations(trx, {
    stream: 'stream_id',
    subject: 'id',
    newFrom,
    measures: [
      'exposed',
      'progressive',
      'reworked',
      'intervened',
      'contained',
      'escaped',
      'rollback_recovered',
      'rollback_unexposed',
    ],
    with: sql`touched as materialized (
      select rollout.*, least(rolled_back_at, returned_at) as ended_at,
        ${counted('rollout')} as counted,
        ${existsByLookup(sql`attribution where attribution.rollout_id = rollout.id`)} as blamed
      from unnest(${idsOf(rollouts)}) as given(rollout) ${rolloutsAt('given.rollout')}
    ),
    wanted(stream_id, measure, subject, at, value) as (
      select stream_id, ${measureId('exposed')}, id, exposed_at, 0 from touched where counted
      union all
      select stream_id, ${measureId('progressive')}, id, exposed_at, 0 from touched where counted and progressive
      union all
      select stream_id, ${measureId('reworked')}, id, exposed_at, 0 from touched
      where counted and (rework or exists (
        select from ${namedBy('touched.id')} as named join revision on revision.id = named.change_id
        where revision.rework))
      union all
      select stream_id, ${measureId('intervened')}, id, exposed_at, 0 from touched
      where counted and (ended_at is not null or blamed)
      union all
      select stream_id,
        case when full_at < ended_at then ${measureId('escaped')} else ${measureId('contained')} end,
        id, ended_at, ${failedExposure} from touched
      where counted and ended_at is not null
      union all
      select stream_id, ${measureId('rollback_recovered')}, id, ended_at, ended_at - exposed_at from touched
      where counted and ended_at >= exposed_at and not blamed
      union all
      select stream_id, ${measureId('rollback_unexposed')}, id, rolled_back_at, 0 from touched
      where exposed_at is null and rolled_back_at is not null and not drill
    )`,
  });
}

/** ∫ weight/100 dt from the exposure to the end, in milliseconds, rounded; each weight holds until the next. */
const failedExposure = sql`coalesce((
  select floor(sum(weight * (least(next_at, touched.ended_at) - at)) / 100 + 0.5)::bigint from (
    select at, weight, lead(at, 1, touched.ended_at) over (order by at) as next_at
    from step where step.rollout_id = touched.id and step.at >= touched.exposed_at
    order by at
  ) as held where at < touched.ended_at
), 0)`;
