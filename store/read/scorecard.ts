import { sql } from 'kysely';
import type { Cause } from '../../domain/events/event.ts';
import { retryFrom, type ScoredRollout } from '../../domain/metrics/scorecard.ts';
import type { Store } from '../schema/tables.ts';
import { counted } from '../sql/rollouts.ts';
import { streamIds } from './streams.ts';

/** Some rollouts of a stream, in the order of their exposure. */
export interface ScoredStream {
  readonly stream: number;
  readonly rollouts: readonly ScoredRollout[];
}

export interface ScorecardQuestion {
  /** Names of services; null for all. */
  readonly services: readonly string[] | null;
  /** Rollouts exposed or rolled back at this moment or later, in milliseconds. */
  readonly from: number;
}

/** Small enough that reading a page never holds the event loop for long. */
const pageSize = 500;
/** Aborts are looked for in so many streams at once. */
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

/** Pages of what the scorecard counts: every rollout of the metrics that was exposed or rolled back since `from`. */
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
    const { rows }: { readonly rows: readonly Row[] } = await sql<Row>`
      select id, stream_id as stream, name, exposed_at as exposed, full_at as "full", progressive,
        rolled_back_at as "rolledBack", returned_at as returned, cause, rolled_back_from as "rolledBackFrom"
      from rollout
      where stream_id = ${stream} and ${counted('rollout')} and (exposed_at >= ${from} or ${ended} >= ${from})
        and (exposed_at, name) > (${last.exposed}::bigint, ${last.name}::text)
      order by exposed_at, name limit ${pageSize}`.execute(db);
    const steps = await stepsOf(db, rows);
    if (rows.length > 0)
      yield { stream, rollouts: rows.map(row => scored(row, retries, steps.get(row.id) ?? noSteps)) };
    last = rows.length < pageSize ? undefined : rows.at(-1);
  }
}

const ended = sql`least(rollout.rolled_back_at, rollout.returned_at)`;

/** By rollout; of those alone that the scorecard asks for their steps. One text each: half a million rows are slow to read. */
async function stepsOf(db: Store, rows: readonly Row[]): Promise<ReadonlyMap<number, Steps>> {
  const asked = rows.filter(row => row.progressive || row.rolledBack !== null || row.returned !== null);
  if (asked.length === 0) return new Map();
  const found = await sql<{ rollout: number; told: string }>`
    select rollout_id as rollout, string_agg(at || ',' || weight, ',' order by at) as told from step
    where rollout_id = any(${asked.map(row => row.id)}::bigint[]) group by rollout_id`.execute(db);
  return new Map(found.rows.map(({ rollout, told }) => [rollout, told.split(',').map(Number)]));
}

/**
 * From which exposure on a rollout tries again what was aborted in its stream before: one that names what the aborted one
 * names, too (changes, artifacts, and the changes that became these). Looked up from the aborted ones, which are few.
 */
async function retriesIn(db: Store, streams: readonly number[]): Promise<Retries> {
  const aborted = await sql<{ stream: number; revision: number; exposed: number; ended: number }>`
    select stream_id as stream, rollout_revision.revision_id as revision, exposed_at as exposed, ${ended} as ended
    from rollout cross join lateral (
      select revision_id from rollout_revision where rollout_revision.rollout_id = rollout.id offset 0
    ) as rollout_revision
    where stream_id = any(${streams}::integer[]) and ${counted('rollout')} and ${ended} is not null`.execute(
    db,
  );
  if (aborted.rows.length === 0) return { since: new Map(), revisions: new Map() };
  const direct = new Earliest();
  for (const row of aborted.rows) direct.add(row.stream, row.revision, retryFrom(row.exposed, row.ended));
  const { rows: becomes } = await changeArtifacts(db, 'artifact_id', direct);
  const named = new Earliest(direct);
  for (const { artifact, change } of becomes) named.addAs(change, artifact, direct);
  const { rows: standsFor } = await changeArtifacts(db, 'change_id', named);
  const reached = new Earliest(named);
  for (const { artifact, change } of standsFor) reached.addAs(artifact, change, named);
  const namers = await sql<{ rollout: number; revision: number }>`
    select rollout_id as rollout, revision_id as revision from rollout_revision
    where revision_id = any(${[...reached.keys()]}::bigint[])`.execute(db);
  const revisions = Map.groupBy(namers.rows, row => row.rollout);
  return { since: reached, revisions };
}

interface Retries {
  /** By revision and stream. */
  readonly since: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** The revisions among these that a rollout has. */
  readonly revisions: ReadonlyMap<number, readonly { readonly revision: number }[]>;
}

function isRetry({ id, stream, exposed }: Row, { since, revisions }: Retries): boolean {
  return (
    revisions.get(id)?.some(({ revision }) => (since.get(revision)?.get(stream) ?? Infinity) <= exposed) ??
    false
  );
}

function changeArtifacts(
  db: Store,
  by: 'artifact_id' | 'change_id',
  revisions: ReadonlyMap<number, unknown>,
) {
  return sql<{ artifact: number; change: number }>`
    select artifact_id as artifact, change_id as change from change_artifact
    where ${sql.ref(by)} = any(${[...revisions.keys()]}::bigint[])`.execute(db);
}

/** The earliest moment of each revision and stream. */
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

  /** What `other` knows of one revision holds for another one, too. */
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
