import { sql } from 'kysely';
import { counted, given, measureId, namedBy, namersOf, rolloutsAt } from './given.ts';
import type { Naming } from './rollouts.ts';
import { resample } from './samples.ts';
import type { Transaction } from './tables.ts';
import type { Span } from './timelines.ts';

/** A change in a line, both by id. */
export interface LineChange {
  readonly line: number;
  readonly change: number;
}

/**
 * The changes whose first exposure in a line may be another now: those whose facts changed, in every line of
 * their service; those that these rollouts name; names that are new; those merged in a span that was or is carried.
 */
export async function touchedChanges(
  trx: Transaction,
  changed: ReadonlySet<number>,
  rollouts: ReadonlySet<number>,
  named: readonly Naming[],
  spans: readonly Span[],
): Promise<LineChange[]> {
  const found = await sql<LineChange>`
    select line.id as line, label.id as change
    from label join line on line.service_id = label.service_id where label.id = any(${[...changed]}::bigint[])
    union
    select rollout.line_id, named.change_id
    from rollout cross join lateral ${namedBy('rollout.id')} as named
    where rollout.id = any(${[...rollouts]}::bigint[])
    union
    select rollout.line_id, naming.label_id
    from rollout join naming on naming.rollout_id = rollout.id
    where naming.is_artifact and rollout.id = any(${[...rollouts, ...named.map(name => name.rollout)]}::bigint[])
    union
    select rollout.line_id, name.change_id
    from ${given(named, { rollout: 'bigint', label: 'bigint' })}
    ${rolloutsAt('given.rollout')}
    cross join lateral (
      select given.label as change_id
      union all select alias.change_id from alias where alias.artifact_id = given.label
    ) as name
    union
    select given.line, merged.id
    from ${given(spans, { line: 'integer', from: 'bigint', to: 'bigint' })}
    join line on line.id = given.line
    cross join lateral (
      select label.id from label
      where label.service_id = line.service_id
        and label.merged_at > given.from and label.merged_at <= given.to offset 0
    ) as merged`.execute(trx);
  return found.rows;
}

/** Writes the samples of these changes anew: lead time and stages, each placed at the first exposure. */
export async function sampleChanges(trx: Transaction, changes: readonly LineChange[]): Promise<void> {
  if (changes.length === 0) return;
  await resample(trx, {
    line: 'line',
    subject: 'change',
    measures: ['lead_time', 'created_to_merged', 'exposed_to_full', 'merge_unknown', 'merged_after_exposure'],
    with: sql`touched as materialized (
      select * from ${given(changes, { line: 'integer', change: 'bigint' })}
    ),
    merged as (
      select touched.line, touched.change, label.created_at, label.merged_at, first.exposed_at, first.full_at
      from touched
      join label on label.id = touched.change and label.merged_at is not null
      cross join lateral (
        select * from (
          (select rollout.exposed_at, rollout.name, rollout.full_at
           from ${namersOf('label.id')} as namer ${rolloutsAt('namer.rollout_id')}
           where rollout.line_id = touched.line and ${counted('rollout')}
           order by rollout.exposed_at, rollout.name limit 1)
          union all
          ${carrierOf('touched.line', 'label.merged_at')}
        ) as carrier
        order by exposed_at, name limit 1
      ) as first
    ),
    unmerged as (
      select touched.line, touched.change, min(rollout.exposed_at) as exposed_at
      from touched
      join label on label.id = touched.change and label.merged_at is null
      join naming on naming.label_id = label.id
      ${rolloutsAt('naming.rollout_id')}
      where rollout.line_id = touched.line and ${counted('rollout')}
        and not exists (select from alias where alias.artifact_id = label.id)
        and not (naming.is_artifact and exists (
          select from naming as other where other.rollout_id = naming.rollout_id and not other.is_artifact))
      group by touched.line, touched.change
    ),
    wanted(line_id, measure, subject, at, value) as (
      select line, ${measureId('lead_time')}, change, exposed_at, exposed_at - merged_at
      from merged where exposed_at >= merged_at
      union all
      select line, ${measureId('created_to_merged')}, change, exposed_at, merged_at - created_at
      from merged where exposed_at >= merged_at and created_at <= merged_at
      union all
      select line, ${measureId('exposed_to_full')}, change, exposed_at, full_at - exposed_at
      from merged where exposed_at >= merged_at and full_at is not null
      union all
      select line, ${measureId('merged_after_exposure')}, change, exposed_at, merged_at - exposed_at
      from merged where exposed_at < merged_at
      union all
      select line, ${measureId('merge_unknown')}, change, exposed_at, 0 from unmerged
    )`,
  });
}

/** The one rollout of a line, if any, that carries what was merged at a moment though it does not name it. */
export const carrierOf = (line: string, merged: string) => sql`
  (select exposed_at, name, full_at from (
     select rollout.exposed_at, rollout.name, rollout.full_at, rollout.highest from rollout
     where rollout.line_id = ${sql.ref(line)} and rollout.head > rollout.highest and rollout.head >= ${sql.ref(merged)}
     order by rollout.head limit 1
   ) as next where next.highest < ${sql.ref(merged)})`;
