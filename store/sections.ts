import { sql } from 'kysely';
import {
  type Origin,
  type Placed,
  type Relation,
  returnReachMs,
  type Section,
  type Stop,
} from '../domain/timeline.ts';
import { given, inLine, namedBy, rolloutsAt, some } from './given.ts';
import type { Transaction } from './tables.ts';

/** A place in a line to walk from. */
export interface Start {
  readonly line: number;
  readonly at: number;
  readonly name: string;
}

export interface Next extends Start {
  readonly highest: number | null;
}

/** A stop and how it stands as stored, whether its facts were touched since or not; null: not where it is now. */
export interface LineStop extends Stop {
  readonly stored: Relation | null;
}

/** A stretch of a line, ready to be walked. */
export interface LineSection extends Section {
  readonly stops: readonly LineStop[];
  readonly line: number;
  /** The first rollout after the stops, with its stored relation; null where the line ends with them. */
  readonly next: Next | null;
}

interface Row {
  readonly id: number;
  readonly line: number;
  readonly name: string;
  readonly exposed: number;
  readonly flag: boolean;
  readonly rolledBack: number | null;
  readonly isReturn: boolean;
  readonly returnedAt: number | null;
  readonly returnedBy: number | null;
}
interface StopRow extends Row {
  readonly placed: number | null;
  readonly highest: number | null;
  readonly head: number | null;
  readonly ownHead: number | null;
}

const row = sql`rollout.id, rollout.line_id as line, rollout.name, rollout.exposed_at as exposed, rollout.flag,
  rollout.rolled_back_at as "rolledBack", rollout.is_return as "isReturn",
  rollout.returned_at as "returnedAt", rollout.returned_by as "returnedBy"`;
const start = { line: 'integer', at: 'bigint', name: 'text' } as const;

/**
 * Loads up to `stopsMax` rollouts of each line from its start on, with what the walk has to know of those before.
 * @param touched rollouts whose stored relation is of no worth, because their facts changed
 */
export async function loadSections(
  trx: Transaction,
  starts: readonly Start[],
  stopsMax: number,
  touched: ReadonlySet<number>,
): Promise<LineSection[]> {
  const found = Map.groupBy(await loadStops(trx, starts, stopsMax + 1), stop => stop.line);
  const stops = [...found.values()].flatMap(rows => rows.slice(0, stopsMax));
  const highest = await loadHighest(trx, starts);
  const origins = Map.groupBy(await loadOrigins(trx, starts, stops), origin => origin.stop);
  const looksBack = new Set(
    stops.filter(stop => stop.isReturn || origins.has(stop.id)).map(stop => stop.line),
  );
  const before = Map.groupBy(
    await loadBefore(
      trx,
      starts.filter(({ line }) => looksBack.has(line)),
    ),
    other => other.line,
  );
  return starts.map(({ line }) => {
    const rows = found.get(line) ?? [];
    const beyond = rows[stopsMax];
    return {
      line,
      highest: highest.get(line) ?? null,
      before: (before.get(line) ?? []).map(placed),
      stops: rows.slice(0, stopsMax).map(
        (stop): LineStop => ({
          ...placed(stop),
          ownHead: stop.ownHead,
          origins: (origins.get(stop.id) ?? []).map(origin => ({
            ...placed(origin),
            followed: origin.followed,
          })),
          was: touched.has(stop.id) ? null : relationOf(stop),
          stored: stop.placed === stop.exposed ? relationOf(stop) : null,
        }),
      ),
      next:
        beyond === undefined
          ? null
          : { line, at: beyond.exposed, name: beyond.name, highest: beyond.highest },
    };
  });
}

const relationOf = ({ isReturn, highest, head }: StopRow): Relation => ({ isReturn, highest, head });

function placed({ id, name, exposed, flag, rolledBack, isReturn, returnedAt, returnedBy }: Row): Placed {
  const returned = returnedAt === null || returnedBy === null ? null : { by: returnedBy, at: returnedAt };
  return { id, name, exposed, flag, rolledBack, isReturn, returned };
}

async function loadStops(trx: Transaction, starts: readonly Start[], limit: number): Promise<StopRow[]> {
  const found = await sql<StopRow>`
    select ${row}, rollout.placed_at as placed, rollout.highest, rollout.head,
      (select max((
         select label.merged_at from label
         where label.id = named.change_id and label.merged_at <= rollout.exposed_at))
       from ${namedBy('rollout.id')} as named) as "ownHead"
    from ${given(starts, start)}
    cross join lateral (
      select * from rollout
      where rollout.line_id = given.line and ${inLine('rollout')}
        and (rollout.exposed_at, rollout.name) >= (given.at, given.name)
      order by rollout.exposed_at, rollout.name limit ${limit}
    ) as rollout
    order by rollout.line_id, rollout.exposed_at, rollout.name`.execute(trx);
  return found.rows;
}

/** The highest head before each start, by line. */
async function loadHighest(trx: Transaction, starts: readonly Start[]): Promise<Map<number, number | null>> {
  const found = await sql<{ line: number; highest: number | null }>`
    select given.line, greatest(rollout.highest, rollout.head) as highest
    from ${given(starts, start)}
    cross join lateral (
      select highest, head from rollout
      where rollout.line_id = given.line and ${inLine('rollout')}
        and (rollout.exposed_at, rollout.name) < (given.at, given.name)
      order by rollout.exposed_at desc, rollout.name desc limit 1
    ) as rollout`.execute(trx);
  return new Map(found.rows.map(({ line, highest }) => [line, highest]));
}

async function loadBefore(trx: Transaction, starts: readonly Start[]): Promise<Row[]> {
  if (starts.length === 0) return [];
  const found = await sql<Row>`
    select ${row}
    from ${given(starts, start)}
    join rollout on rollout.line_id = given.line and ${inLine('rollout')}
      and (rollout.exposed_at, rollout.name) < (given.at, given.name)
      and rollout.exposed_at >= given.at - ${returnReachMs}::bigint
    order by rollout.line_id, rollout.exposed_at, rollout.name`.execute(trx);
  return found.rows;
}

type OriginRow = Row & Pick<Origin, 'followed'> & { readonly stop: number };

/**
 * The earlier rollouts of the line that exposed, by name, all that a stop names. They are looked for by one
 * of its names, then held against the others. A name was exposed by a rollout that names it itself, or
 * that names every change which became it.
 */
async function loadOrigins(
  trx: Transaction,
  starts: readonly Start[],
  stops: readonly StopRow[],
): Promise<OriginRow[]> {
  const startOf = new Map(starts.map(({ line, at }) => [line, at]));
  const rows = stops
    .filter(stop => !stop.flag)
    .map(({ id, line, exposed, name }) => ({
      id,
      line,
      at: exposed,
      name,
      first: startOf.get(line) ?? exposed,
    }));
  if (rows.length === 0) return [];
  const stop = { id: 'bigint', line: 'integer', at: 'bigint', name: 'text', first: 'bigint' } as const;
  const found = await sql<OriginRow>`
    with stop as materialized (select * from ${given(rows, stop)}),
    one_name as (
      select stop.id as rollout_id, one.label_id
      from stop cross join lateral (
        select label_id from naming where naming.rollout_id = stop.id order by label_id limit 1
      ) as one
    ),
    related as (${relatedLabels('one_name')}),
    origin as (
      select distinct stop.id as stop, naming.rollout_id as id
      from related join stop on stop.id = related.rollout_id
      cross join lateral (
        select naming.rollout_id from naming where naming.label_id = related.label_id offset 0
      ) as naming
      where naming.rollout_id <> stop.id
    )
    select origin.stop, ${row}, exists (
      select from rollout as other
      where other.line_id = rollout.line_id and ${inLine('other')} and not other.is_return and not other.flag
        and (other.exposed_at, other.name) > (rollout.exposed_at, rollout.name)
        and other.exposed_at < stop.first - ${returnReachMs}::bigint
    ) as followed
    from origin
    join stop on stop.id = origin.stop
    ${rolloutsAt('origin.id')}
    where rollout.line_id = stop.line and ${inLine('rollout')}
      and (rollout.exposed_at, rollout.name) < (stop.at, stop.name)
      and not exists (
      select from naming where naming.rollout_id = stop.id and not (
        exists (select from ${namedBy('origin.id')} as named
                where not naming.is_artifact and named.change_id = naming.label_id)
        or exists (select from naming as same where same.rollout_id = origin.id
                and naming.is_artifact and same.is_artifact and same.label_id = naming.label_id)
        or (${some(sql`alias where alias.artifact_id = naming.label_id`)} and not exists (
              select from alias where alias.artifact_id = naming.label_id and not exists (
                select from ${namedBy('origin.id')} as named where named.change_id = alias.change_id)))
      )
    )
    order by origin.stop, rollout.exposed_at, rollout.name`.execute(trx);
  return found.rows;
}

/**
 * The labels by which a rollout may name the same as the rows `(rollout_id, label_id)` of `from` do.
 * `offset 0` keeps PostgreSQL, where it has no statistics, from reading all aliases to find a few.
 */
export function relatedLabels(from: string) {
  const source = sql.ref(from);
  const direct = sql`select rollout_id, label_id from ${source}`;
  const artifactsOf = (change: string) => sql`
    cross join lateral (select artifact_id from alias where alias.change_id = ${sql.ref(change)} offset 0) as artifact`;
  const changesOf = (artifact: string) => sql`
    cross join lateral (select change_id from alias where alias.artifact_id = ${sql.ref(artifact)} offset 0) as change`;
  const became = sql`select source.rollout_id, artifact.artifact_id
    from ${source} as source ${artifactsOf('source.label_id')}`;
  const madeOf = sql`select source.rollout_id, change.change_id
    from ${source} as source ${changesOf('source.label_id')}`;
  const siblings = sql`select source.rollout_id, artifact.artifact_id
    from ${source} as source ${changesOf('source.label_id')} ${artifactsOf('change.change_id')}`;
  return sql`${direct} union ${became} union ${madeOf} union ${siblings}`;
}
