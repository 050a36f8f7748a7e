import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real repository in a temporary folder, which is removed after the test. */
export interface TestRepository extends Disposable {
  readonly path: string;
  git(...args: string[]): string;
  /** An empty commit on the current branch. @returns its SHA */
  commit(message: string, committed: string, authored?: string): string;
  /** Merges a branch with a merge commit. @returns its SHA */
  merge(branch: string, message: string, committed: string): string;
  tag(name: string): void;
  annotatedTag(name: string, tagged: string): void;
}

export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'firstlight-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function gitIn(
  path: string,
  args: readonly string[],
  at = '2026-01-01T00:00:00Z',
  authored = at,
): string {
  return execFileSync('git', args, {
    cwd: path,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_AUTHOR_NAME: 'Author',
      GIT_AUTHOR_EMAIL: 'author@example.com',
      GIT_COMMITTER_NAME: 'Committer',
      GIT_COMMITTER_EMAIL: 'committer@example.com',
      GIT_AUTHOR_DATE: authored,
      GIT_COMMITTER_DATE: at,
    },
  }).trim();
}

/** An empty repository in the folder `name`, on the branch `main`. */
export function testRepository(name = 'checkout'): TestRepository {
  const folder = temporaryFolder();
  const path = join(folder.path, name);
  gitIn(folder.path, ['init', '--quiet', '--initial-branch=main', name]);
  const head = () => gitIn(path, ['rev-parse', 'HEAD']);
  return {
    path,
    git: (...args) => gitIn(path, args),
    commit(message, committed, authored) {
      gitIn(path, ['commit', '--quiet', '--allow-empty', '-m', message], committed, authored);
      return head();
    },
    merge(branch, message, committed) {
      gitIn(path, ['merge', '--quiet', '--no-ff', branch, '-m', message], committed);
      return head();
    },
    tag: name => void gitIn(path, ['tag', name]),
    annotatedTag: (name, tagged) => void gitIn(path, ['tag', '-a', name, '-m', name], tagged),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
