import type { Cause } from '../../domain/events/event.ts';
import type { ScoredRollout } from '../../domain/metrics/scorecard-part.ts';
import type { Store } from '../schema/tables.ts';
import { counted, endedAt } from '../sql/rollouts.ts';
import { statement } from '../sql/statement.ts';
import { isRetry, type Retries, readRetries } from './retries.ts';
import { streamIds } from './streams.ts';

/** Some rollouts of a stream, in the order of their exposure. */
export interface ScoredStream {
  readonly stream: number;
  readonly rollouts: readonly ScoredRollout[];
}

export interface ScorecardQuestion {
  /** Names of services; null for all. */
  readonly services: readonly string[] | null;
  /** Rollouts exposed or rolled back at this time or later, milliseconds since 1970. */
  readonly from: number;
}

/** Rollouts of a page: few enough that reading one never blocks the event loop for long. */
const pageSize = 500;
/** Streams whose aborted rollouts are read together. */
const streamsAtOnce = 25;

interface Row {
  readonly id: number;
  readonly stream: number;
  readonly name: string;
  readonly exposed: number;
  readonly full: number | null;
  readonly progressive: boolean;
  readonly rolledBack: number | null;
  readonly returned: number | null;
  readonly cause: Cause | null;
  readonly rolledBackFrom: number | null;
}

type Steps = ScoredRollout['steps'];
const noSteps: Steps = [];

/** The rollouts that the scorecard counts, in pages: those that count and were exposed or rolled back since `from`. */
export async function* readScored(db: Store, question: ScorecardQuestion): AsyncIterable<ScoredStream> {
  const ids = await streamIds(db, question.services);
  for (let i = 0; i < ids.length; i += streamsAtOnce) {
    const streams = ids.slice(i, i + streamsAtOnce);
    const retries = await readRetries(db, streams);
    for (const stream of streams) yield* rolloutsOf(db, stream, question.from, retries);
  }
}

async function* rolloutsOf(
  db: Store,
  stream: number,
  from: number,
  retries: Retries,
): AsyncIterable<ScoredStream> {
  let last: Pick<Row, 'exposed' | 'name'> | undefined = { exposed: Number.MIN_SAFE_INTEGER, name: '' };
  while (last) {
    const { rows }: { readonly rows: readonly Row[] } = await statement<Row>('scorecard.rollouts')`
      select id, stream_id as stream, name, exposed_at as exposed, full_at as "full", progressive,
        rolled_back_at as "rolledBack", returned_at as returned, cause, rolled_back_from as "rolledBackFrom"
      from rollout
      where stream_id = ${stream} and ${counted('rollout')}
        and (exposed_at >= ${from} or ${endedAt('rollout')} >= ${from})
        and (exposed_at, name) > (${last.exposed}::bigint, ${last.name}::text)
      order by exposed_at, name limit ${pageSize}`.execute(db);
    const steps = await stepsOf(db, rows);
    if (rows.length > 0)
      yield { stream, rollouts: rows.map(row => scored(row, retries, steps.get(row.id) ?? noSteps)) };
    last = rows.length < pageSize ? undefined : rows.at(-1);
  }
}

/** The steps of the rollouts whose steps the scorecard looks at, by rollout. One text per rollout, because half a million rows are slow to read. */
async function stepsOf(db: Store, rows: readonly Row[]): Promise<ReadonlyMap<number, Steps>> {
  const stepped = rows.filter(row => row.progressive || row.rolledBack !== null || row.returned !== null);
  if (stepped.length === 0) return new Map();
  const found = await statement<{ rollout: number; steps: string }>('scorecard.steps')`
    select rollout_id as rollout, string_agg(at || ',' || weight, ',' order by at) as steps from step
    where rollout_id = any(${stepped.map(row => row.id)}::bigint[]) group by rollout_id`.execute(db);
  return new Map(found.rows.map(({ rollout, steps }) => [rollout, steps.split(',').map(Number)]));
}

function scored(row: Row, retries: Retries, steps: Steps): ScoredRollout {
  const { exposed, full, progressive, rolledBack, returned } = row;
  const isReturned = returned !== null && (rolledBack === null || returned < rolledBack);
  return {
    exposed,
    full,
    progressive,
    ended: isReturned ? returned : rolledBack,
    cause: isReturned ? 'returned' : row.cause,
    rolledBackFrom: isReturned ? null : row.rolledBackFrom,
    retry: isRetry(row, retries),
    steps,
  };
}
