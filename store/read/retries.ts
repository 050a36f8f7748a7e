import { retryFrom } from '../../domain/metrics/scorecard-part.ts';
import type { Store } from '../schema/tables.ts';
import { counted, endedAt } from '../sql/rollouts.ts';
import { statement } from '../sql/statement.ts';

/** Which rollouts are retries: they expose what an aborted rollout of their stream had exposed before. */
export interface Retries {
  /** From which exposure on a rollout that names a revision is a retry, by revision and stream; milliseconds since 1970. */
  readonly since: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** The revisions among these that a rollout names, by rollout. */
  readonly revisions: ReadonlyMap<number, readonly { readonly revision: number }[]>;
}

interface Exposed {
  readonly id: number;
  readonly stream: number;
  /** Milliseconds since 1970. */
  readonly exposed: number;
}

/**
 * The retries in these streams: a rollout retries an aborted one if it names what that one names, itself or by a change
 * or an artifact. The lookup begins with the aborted rollouts, which are few.
 */
export async function readRetries(db: Store, streams: readonly number[]): Promise<Retries> {
  const aborted = await statement<{
    stream: number;
    revision: number;
    exposed: number;
    ended: number;
  }>('scorecard.aborted')`
    select stream_id as stream, rollout_revision.revision_id as revision, exposed_at as exposed, ${endedAt('rollout')} as ended
    from rollout cross join lateral (
      select revision_id from rollout_revision where rollout_revision.rollout_id = rollout.id offset 0
    ) as rollout_revision
    where stream_id = any(${streams}::integer[]) and ${counted('rollout')} and ${endedAt('rollout')} is not null`.execute(
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

/** Whether a rollout is a retry. */
export function isRetry({ id, stream, exposed }: Exposed, { since, revisions }: Retries): boolean {
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
