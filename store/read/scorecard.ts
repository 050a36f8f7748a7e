import { sql } from 'kysely';
import type { Cause } from '../../domain/events/event.ts';
import { retryFrom, type ScoredRollout } from '../../domain/metrics/scorecard.ts';
import type { Store } from '../schema/tables.ts';
import { counted } from '../sql/rollouts.ts';
import { statement } from '../sql/statement.ts';
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
    const retries = await retriesIn(db, streams);
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
        and (exposed_at >= ${from} or ${endedAt} >= ${from})
        and (exposed_at, name) > (${last.exposed}::bigint, ${last.name}::text)
      order by exposed_at, name limit ${pageSize}`.execute(db);
    const steps = await stepsOf(db, rows);
    if (rows.length > 0)
      yield { stream, rollouts: rows.map(row => scored(row, retries, steps.get(row.id) ?? noSteps)) };
    last = rows.length < pageSize ? undefined : rows.at(-1);
  }
}

/** When a rollout was rolled back, by itself or by a return of an older version; null: it was not. */
const endedAt = sql`least(rollout.rolled_back_at, rollout.returned_at)`;

/** The steps of the rollouts whose steps the scorecard looks at, by rollout. One text per rollout, because half a million rows are slow to read. */
async function stepsOf(db: Store, rows: readonly Row[]): Promise<ReadonlyMap<number, Steps>> {
  const asked = rows.filter(row => row.progressive || row.rolledBack !== null || row.returned !== null);
  if (asked.length === 0) return new Map();
  const found = await statement<{ rollout: number; steps: string }>('scorecard.steps')`
    select rollout_id as rollout, string_agg(at || ',' || weight, ',' order by at) as steps from step
    where rollout_id = any(${asked.map(row => row.id)}::bigint[]) group by rollout_id`.execute(db);
  return new Map(found.rows.map(({ rollout, steps }) => [rollout, steps.split(',').map(Number)]));
}

/**
 * From which exposure on a rollout of a stream retries an aborted one: it names what the aborted one names (changes,
 * artifacts, and the changes that became these). The lookup begins with the aborted rollouts, which are few.
 */
async function retriesIn(db: Store, streams: readonly number[]): Promise<Retries> {
  const aborted = await statement<{
    stream: number;
    revision: number;
    exposed: number;
    ended: number;
  }>('scorecard.aborted')`
    select stream_id as stream, rollout_revision.revision_id as revision, exposed_at as exposed, ${endedAt} as ended
    from rollout cross join lateral (
      select revision_id from rollout_revision where rollout_revision.rollout_id = rollout.id offset 0
    ) as rollout_revision
    where stream_id = any(${streams}::integer[]) and ${counted('rollout')} and ${endedAt} is not null`.execute(
    db,
  );
  if (aborted.rows.length === 0) return { since: new Map(), revisions: new Map() };
  const direct = new Earliest();
  for (const row of aborted.rows) direct.add(row.stream, row.revision, retryFrom(row.exposed, row.ended));
  const { rows: becomes } = await changesOf(direct).execute(db);
  const named = new Earliest(direct);
  for (const { artifact, change } of becomes) named.addAs(change, artifact, direct);
  const { rows: standsFor } = await artifactsOf(named).execute(db);
  const reached = new Earliest(named);
  for (const { artifact, change } of standsFor) reached.addAs(artifact, change, named);
  const namers = await statement<{ rollout: number; revision: number }>('scorecard.namers')`
    select rollout_id as rollout, revision_id as revision from rollout_revision
    where revision_id = any(${[...reached.keys()]}::bigint[])`.execute(db);
  const revisions = Map.groupBy(namers.rows, row => row.rollout);
  return { since: reached, revisions };
}

interface Retries {
  /** From which exposure on, by revision and stream. */
  readonly since: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** The revisions among these that a rollout names, by rollout. */
  readonly revisions: ReadonlyMap<number, readonly { readonly revision: number }[]>;
}

function isRetry({ id, stream, exposed }: Row, { since, revisions }: Retries): boolean {
  return (
    revisions.get(id)?.some(({ revision }) => (since.get(revision)?.get(stream) ?? Infinity) <= exposed) ??
    false
  );
}

type ChangeArtifact = { readonly artifact: number; readonly change: number };

const changesOf = (artifacts: ReadonlyMap<number, unknown>) =>
  statement<ChangeArtifact>('scorecard.changes-of-artifacts')`
    select artifact_id as artifact, change_id as change from change_artifact
    where artifact_id = any(${[...artifacts.keys()]}::bigint[])`;

const artifactsOf = (changes: ReadonlyMap<number, unknown>) =>
  statement<ChangeArtifact>('scorecard.artifacts-of-changes')`
    select artifact_id as artifact, change_id as change from change_artifact
    where change_id = any(${[...changes.keys()]}::bigint[])`;

/** The earliest time of each revision and stream. */
class Earliest extends Map<number, Map<number, number>> {
  constructor(other: ReadonlyMap<number, ReadonlyMap<number, number>> = new Map()) {
    super();
    for (const revision of other.keys()) this.addAs(revision, revision, other);
  }

  add(stream: number, revision: number, at: number): void {
    const streams = this.get(revision) ?? new Map<number, number>();
    streams.set(stream, Math.min(at, streams.get(stream) ?? Infinity));
    this.set(revision, streams);
  }

  /** Adds what `other` has of one revision to another revision. */
  addAs(revision: number, of: number, other: ReadonlyMap<number, ReadonlyMap<number, number>>): void {
    for (const [stream, at] of other.get(of) ?? []) this.add(stream, revision, at);
  }
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
