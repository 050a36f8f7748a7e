import { identity } from '../parsing/event-fields.ts';
import { objectAt, textAt, timeAt } from '../parsing/json.ts';
import { currentRunsOf, isFailed, type Notification } from './notification.ts';

/**
 * The name of an attempt: the same in all its notifications, and another one after a retry if the status shows the retry.
 * The revision alone is not enough: retries keep it, a Rollout that is deleted and created again restarts it, and after a
 * revert it may not be incremented yet. With the pods' hash, a wrong guess of the revision does no harm.
 */
export function attemptOf(note: Notification): string {
  return attemptName(note, note.revision, note.podHash, retryOf(note));
}

/**
 * The possible names of the attempt that a revert of the spec ends. The controller increments the revision after it has
 * reported the revert, unless that took a second reconciliation. If there are two names, one of them does not exist, and
 * the rollback of a rollout that does not exist has no effect.
 */
export function abandonedAttempts(note: Notification): readonly string[] {
  const revisions = note.observed === true ? [note.revision - 1, note.revision] : [note.revision];
  return revisions.map(revision => attemptName(note, revision, note.podHash, retryOf(note)));
}

/** The previous attempt, which these pods belong to. The status already is that of its replacement. */
export function replacedAttempt(note: Notification, podHash: string): string {
  return attemptName(note, note.revision - 1, podHash, startOf(note));
}

function attemptName(note: Notification, revision: number, podHash: string, retry: string | null): string {
  const parts = [revision, podHash, note.uid.slice(0, 8)].filter(part => part !== '').join('-');
  const name = `${note.namespace}/${note.name}@${parts}${retry === null ? '' : `+${retry}`}`;
  return identity('The name of the rollout', name);
}

const retryOf = (note: Notification) => startOf(note) ?? lastFailureOf(note);

/** When the attempt began, which newer releases of the controller report; a retry has a new start. */
const startOf = ({ status }: Notification) => timeAt(status, 'duration', 'rolloutStartedAt');

/**
 * When the analysis began that ended an earlier attempt of this revision: the newest failed one, without the analyses of
 * this attempt. After a retry of a blue/green rollout, the status names the failed analysis until a new one starts.
 */
function lastFailureOf(note: Notification): string | null {
  const isOfThisAttempt =
    note.trigger === 'on-rollout-aborted' || objectAt(note.strategy, 'blueGreen') === null;
  const current = isOfThisAttempt ? currentRunsOf(note).map(run => textAt(run, 'name')) : [];
  const failures = note.runs.filter(run => isFailed(run.phase) && !current.includes(run.name));
  return (
    failures
      .map(run => run.createdAt)
      .toSorted()
      .at(-1) ?? null
  );
}
