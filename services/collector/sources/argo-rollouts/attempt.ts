import { identity, objectAt, textAt, timeAt } from '../parsing/reading.ts';
import { currentRunsOf, isFailed, type Notification } from './notification.ts';

/**
 * What an attempt is called: the same in all its notifications, and another one after a retry as far as can be told.
 * The revision alone would do but for retries, for Rollouts that are deleted and made again, and for reverts, of
 * which it is not certain whether the revision is counted up already; the pods' hash makes a wrong guess harmless.
 */
export function attemptOf(note: Notification): string {
  return attemptNamed(note, note.revision, note.podHash, tryOf(note));
}

/**
 * What the attempt may be called that a revert of the spec puts an end to. The controller counts the revision up
 * only after it has told of the revert, unless that took it a second round. Of two names one is nobody's, and a
 * rollback of nobody counts nowhere.
 */
export function abandonedAttempts(note: Notification): readonly string[] {
  const revisions = note.observed === true ? [note.revision - 1, note.revision] : [note.revision];
  return revisions.map(revision => attemptNamed(note, revision, note.podHash, tryOf(note)));
}

/** The one before, which these pods belong to. By then the status is of what replaces it. */
export function replacedAttempt(note: Notification, podHash: string): string {
  return attemptNamed(note, note.revision - 1, podHash, startOf(note));
}

function attemptNamed(note: Notification, revision: number, podHash: string, again: string | null): string {
  const parts = [revision, podHash, note.uid.slice(0, 8)].filter(part => part !== '').join('-');
  const name = `${note.namespace}/${note.name}@${parts}${again === null ? '' : `+${again}`}`;
  return identity('The name of the rollout', name);
}

const tryOf = (note: Notification) => startOf(note) ?? lastFailureOf(note);

/** Later releases of the controller tell when the attempt began; a retry begins anew. */
const startOf = ({ status }: Notification) => timeAt(status, 'duration', 'rolloutStartedAt');

/**
 * When the analysis began that ended an earlier attempt of this revision: the newest that failed, but for those
 * that decide over this attempt. After a retry of blue/green the status goes on to name the one that failed, until
 * there is a new one.
 */
function lastFailureOf(note: Notification): string | null {
  const deciding = note.trigger === 'on-rollout-aborted' || objectAt(note.strategy, 'blueGreen') === null;
  const current = deciding ? currentRunsOf(note).map(run => textAt(run, 'name')) : [];
  const failures = note.runs.filter(run => isFailed(run.phase) && !current.includes(run.name));
  return (
    failures
      .map(run => run.createdAt)
      .toSorted()
      .at(-1) ?? null
  );
}
