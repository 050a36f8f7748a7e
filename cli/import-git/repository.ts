import { basename, dirname, resolve } from 'node:path';
import { exitStatus, Failure } from '../client/failure.ts';
import { type Git, gitAt } from './git.ts';

/** The repository to import, and the branch in it. */
export interface Repository {
  readonly git: Git;
  /** The default name of its service: the name of `origin`, else of the repository's folder. */
  readonly name: string;
  /** The short name of the branch. */
  readonly branch: string;
  /** The SHA of the branch's newest commit at the start. All is read from here, even if the branch moves meanwhile. */
  readonly tip: string;
  readonly shallow: boolean;
}

/**
 * Opens the repository at `path`.
 * @param branch undefined: the default branch
 * @throws {Failure} with advice for the user
 */
export async function openRepository(path: string, branch: string | undefined): Promise<Repository> {
  const folder = resolve(path);
  const git = gitAt(folder);
  let facts: string[];
  try {
    facts = await rows(git, [
      'rev-parse',
      '--is-bare-repository',
      '--is-shallow-repository',
      '--absolute-git-dir',
      '--show-prefix',
    ]);
  } catch (error) {
    throw cannotOpen(folder, error);
  }
  const [bare, shallow, gitFolder = folder, prefix = ''] = facts;
  if (prefix !== '')
    throw new Failure(
      `${folder} is a folder inside a git repository: name the repository's own folder.`,
      exitStatus.usage,
    );

  const { name: branchName, tip } = await findBranch(git, folder, branch, bare === 'true');
  const origin = await git.line(['config', '--get', 'remote.origin.url']);
  return {
    git,
    name: (origin && nameOfUrl(origin)) || nameOfFolder(folder, gitFolder, bare === 'true'),
    branch: branchName,
    tip,
    shallow: shallow === 'true',
  };
}

/** The last part of a repository's URL or path: `checkout` of `git@example.com:shop/checkout.git`. */
export function nameOfUrl(url: string): string {
  const last = url
    .replace(/[/\\]+$/, '')
    .split(/[/\\:]/)
    .at(-1);
  return (last ?? '').replace(/\.git$/, '');
}

function nameOfFolder(folder: string, gitFolder: string, bare: boolean): string {
  if (bare) return nameOfUrl(gitFolder);
  // A linked work tree or a submodule keeps its git directory elsewhere.
  return nameOfUrl(basename(gitFolder) === '.git' ? dirname(gitFolder) : folder);
}

async function rows(git: Git, args: readonly string[]): Promise<string[]> {
  let output = '';
  for await (const record of git.records(args)) output += record;
  return output.split('\n');
}

function cannotOpen(folder: string, error: unknown): unknown {
  if (!(error instanceof Error && 'stderr' in error)) return error;
  const message = String(error.stderr).trim().split('\n')[0] ?? '';
  if (message.includes('not a git repository'))
    return new Failure(
      `${folder} is not a git repository: name a folder that is one, or a bare clone.`,
      exitStatus.usage,
    );
  if (message.includes('cannot change to'))
    return new Failure(`${folder} is no folder that can be read: check the path.`, exitStatus.usage);
  return new Failure(`git cannot read ${folder}: ${message}`, exitStatus.usage);
}

async function findBranch(
  git: Git,
  folder: string,
  requested: string | undefined,
  bare: boolean,
): Promise<{ name: string; tip: string }> {
  const candidates =
    requested === undefined
      ? defaultBranches(bare)
      : [
          `refs/heads/${requested}`,
          `refs/remotes/origin/${requested}`,
          `refs/remotes/${requested}`,
          requested,
        ];
  for (const ref of candidates) {
    const tip = await git.line(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
    if (tip === null) continue;
    const full = (await git.line(['rev-parse', '--symbolic-full-name', ref])) || ref;
    return { name: full.replace(/^refs\/(heads|remotes)\//, ''), tip };
  }
  throw new Failure(
    requested === undefined
      ? `${folder} has no commits on its default branch: name a branch with --branch.`
      : `${folder} has no branch ${requested}: check --branch.`,
    exitStatus.usage,
  );
}

/** The refs that may be the default branch, in order of preference. In a bare repository, HEAD is the default branch. */
function defaultBranches(bare: boolean): string[] {
  return [
    'refs/remotes/origin/HEAD',
    ...(bare ? ['HEAD'] : []),
    'refs/remotes/origin/main',
    'refs/remotes/origin/master',
    'refs/heads/main',
    'refs/heads/master',
    'HEAD',
  ];
}
