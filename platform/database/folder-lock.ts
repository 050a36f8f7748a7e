import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who works on a folder. */
export interface Holder {
  readonly pid: number;
  /** RFC 3339: since when. */
  readonly since: string;
  /** Where it can be reached. */
  readonly url: string;
}

/** Another process works on the folder. `holder` is null when it left no readable note. */
export class FolderLocked extends Error {
  readonly holder: Holder | null;

  constructor(folder: string, holder: Holder | null) {
    const who =
      holder === null
        ? 'another process'
        : `process ${holder.pid} since ${holder.since}, serving ${holder.url}`;
    super(`The folder ${folder} is in use by ${who}. Stop that one first, or choose another folder.`);
    this.name = 'FolderLocked';
    this.holder = holder;
  }
}

/** A held lock. */
export interface FolderLock {
  release(): void;
}

const noteWaitMs = 1_000;

/**
 * Makes this process the only one that works on `folder`, which is made if absent. The lock is the operating
 * system's own, taken through SQLite on `lock.db`: it ends with its process however that ends, so nothing is
 * ever stale. `holder.json` beside it is a note for people, not the lock. Both lie in `folder` itself: keep the
 * data in a folder below it.
 * @throws {FolderLocked} when another process, or this one, holds it
 * @throws {Error} when the folder cannot be made or written
 */
export async function lockFolder(folder: string, holder: Holder): Promise<FolderLock> {
  const note = join(folder, 'holder.json');
  const lock = tryLock(folder);
  if (lock === null) throw new FolderLocked(folder, await readNote(note));
  try {
    writeFileSync(note, `${JSON.stringify(holder)}\n`);
  } catch (error) {
    lock.close();
    throw unusable(folder, error);
  }
  return {
    release: () => {
      if (!lock.isOpen) return;
      rmSync(note, { force: true }); // first, or the note of the next holder would be removed
      lock.close();
    },
  };
}

/** The open lock, or null when somebody else has it. */
function tryLock(folder: string): DatabaseSync | null {
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true });
    lock = new DatabaseSync(join(folder, 'lock.db'));
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
    return lock;
  } catch (error) {
    if (lock?.isOpen) lock.close();
    if (isBusy(error)) return null;
    throw unusable(folder, error);
  }
}

/** SQLITE_BUSY. @see https://www.sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}

function unusable(folder: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(
    `The folder ${folder} cannot be used for data (${reason}). Give this user the right to write there, or choose another folder.`,
    { cause: error },
  );
}

/** The holder writes its note a moment after it has the lock. */
async function readNote(note: string): Promise<Holder | null> {
  const deadline = performance.now() + noteWaitMs;
  for (;;) {
    try {
      return JSON.parse(readFileSync(note, 'utf8')) as Holder;
    } catch {
      if (performance.now() > deadline) return null;
      await sleep(20);
    }
  }
}
