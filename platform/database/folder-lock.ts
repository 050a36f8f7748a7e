import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** The process that has locked a folder. */
export interface Holder {
  readonly pid: number;
  /** When it took the lock: RFC 3339. */
  readonly since: string;
  /** The address that it serves. */
  readonly url: string;
}

/** Another process has locked the folder. `holder` is null when its note cannot be read. */
export class FolderLocked extends Error {
  readonly holder: Holder | null;

  constructor(folder: string, holder: Holder | null) {
    const user =
      holder === null
        ? 'another process'
        : `process ${holder.pid} since ${holder.since}, serving ${holder.url}`;
    super(`The folder ${folder} is in use by ${user}. Stop that one first, or choose another folder.`);
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
 * Locks `folder` for this process and creates it if it does not exist. The lock is an operating system lock that
 * SQLite takes on `lock.db`; it ends with the process, even after a crash, so it never becomes stale.
 * `holder.json` beside it is a note for people and not part of the lock. Both files are in `folder` itself, so the
 * data belongs in a subfolder.
 * @throws {FolderLocked} when another process, or this one, already holds the lock
 * @throws {Error} when the folder cannot be created or written
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
      rmSync(note, { force: true }); // before the lock is free, so that the next holder's note is not removed
      lock.close();
    },
  };
}

/** The open lock; null when another process holds it. */
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

/** Waits a little for the note: the holder writes it shortly after it has the lock. */
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
