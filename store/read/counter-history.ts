import type { Store } from '../schema/tables.ts';
import { inStream } from '../sql/rollouts.ts';
import { statement } from '../sql/statement.ts';
import { streamIds } from './streams.ts';

/** Part of a stream's counter history: what changed its counters and its open incidents, and when. Milliseconds since 1970. */
export interface CounterHistory {
  readonly stream: number;
  /** Exposures, returns included. */
  readonly exposed: readonly number[];
  /** Rollbacks of these exposures by an event of their own. One that is dated before its exposure counts from the exposure on. */
  readonly rolledBack: readonly number[];
  /** Periods in which an incident was open, from (included) to (excluded); null: it still is. */
  readonly open: readonly (readonly [number, number | null])[];
}

/** Rows of a page: few enough that reading one never blocks the event loop for long. */
const pageSize = 5_000;

interface RolloutRow {
  readonly name: string;
  readonly exposed: number;
  readonly rolledBack: number | null;
}

interface IncidentRow {
  readonly id: number;
  readonly detected: number;
  readonly detectedLast: number;
  readonly resolvedLast: number | null;
}

/** The counter history of every stream since the first event, in pages. */
export async function* readCounterHistories(db: Store): AsyncIterable<CounterHistory> {
  for (const stream of await streamIds(db, null)) {
    yield* rolloutPages(db, stream);
    yield* incidentPages(db, stream);
  }
}

async function* rolloutPages(db: Store, stream: number): AsyncIterable<CounterHistory> {
  let last: RolloutRow | undefined = { exposed: Number.MIN_SAFE_INTEGER, name: '', rolledBack: null };
  while (last) {
    const page = await statement<RolloutRow>('counter-history.rollouts')`
      select name, exposed_at as exposed,
        case when rolled_back_at is not null then greatest(exposed_at, rolled_back_at) end as "rolledBack"
      from rollout
      where stream_id = ${stream} and ${inStream('rollout')}
        and (exposed_at, name) > (${last.exposed}::bigint, ${last.name}::text)
      order by exposed_at, name limit ${pageSize}`.execute(db);
    yield {
      stream,
      exposed: page.rows.map(row => row.exposed),
      rolledBack: page.rows.flatMap(row => row.rolledBack ?? []),
      open: [],
    };
    last = page.rows.length < pageSize ? undefined : page.rows.at(-1);
  }
}

async function* incidentPages(db: Store, stream: number): AsyncIterable<CounterHistory> {
  let last: number | undefined = 0;
  while (last !== undefined) {
    const page = await statement<IncidentRow>('counter-history.incidents')`
      select id, detected_at as detected, detected_last_at as "detectedLast", resolved_last_at as "resolvedLast"
      from incident where stream_id = ${stream} and detected_at is not null and id > ${last}
      order by id limit ${pageSize}`.execute(db);
    if (page.rows.length > 0) yield { stream, exposed: [], rolledBack: [], open: page.rows.flatMap(openOf) };
    last = page.rows.length < pageSize ? undefined : page.rows.at(-1)?.id;
  }
}

/** From the first detection to the last resolution, and from a detection after that on. */
function openOf({ detected, detectedLast, resolvedLast }: IncidentRow): (readonly [number, number | null])[] {
  if (resolvedLast === null) return [[detected, null]];
  const resolved = [[detected, resolvedLast] as const].filter(([from, to]) => from < to);
  return detectedLast > resolvedLast ? [...resolved, [detectedLast, null]] : resolved;
}
