import { spawn } from 'node:child_process';

/** Git ended with an error; `stderr` holds its message. */
export class GitError extends Error {
  readonly stderr: string;

  constructor(args: readonly string[], stderr: string) {
    super(`git ${args[0] ?? ''} failed: ${stderr.trim() || 'it said nothing'}`);
    this.name = 'GitError';
    this.stderr = stderr;
  }
}

/** Runs git in one repository and reads its output. */
export interface Git {
  /**
   * The records of the output, which NUL separates. Git waits while the caller processes a record.
   * @param input the standard input of git
   */
  records(args: readonly string[], input?: string): AsyncGenerator<string>;
  /** The first line of a short output; null when git fails. */
  line(args: readonly string[]): Promise<string | null>;
}

// The output must not depend on the user's settings.
const settings = [
  '-c',
  'core.quotePath=false',
  '-c',
  'log.showSignature=false',
  '-c',
  'i18n.logOutputEncoding=UTF-8',
];
const variables = {
  // A git hook sets the first three for its repository, which may be another one.
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_COMMON_DIR: undefined,
  GIT_OPTIONAL_LOCKS: '0',
  LC_ALL: 'C',
  GIT_PAGER: 'cat',
  GIT_TERMINAL_PROMPT: '0',
};

/** Git in the repository at `path`: a work tree, a bare repository or a git directory. */
export function gitAt(path: string): Git {
  return {
    records: (args, input = '') => run(path, args, input),
    async line(args) {
      try {
        let output = '';
        for await (const record of run(path, args, '')) output += record;
        return output.split('\n')[0] ?? '';
      } catch (error) {
        if (error instanceof GitError) return null;
        throw error;
      }
    },
  };
}

async function* run(path: string, args: readonly string[], input: string): AsyncGenerator<string> {
  const child = spawn('git', ['-C', path, ...settings, ...args], {
    env: { ...process.env, ...variables },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, 10_000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', error => reject(new Error(`git could not be started: ${error.message}. Install git.`)));
    child.on('close', resolve);
  });
  // Prevents an unhandled rejection while the caller still reads records; `await ended` below throws the error.
  ended.catch(() => {});
  // Git may end before it has read its input, because of a wrong option; its exit status shows that.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  try {
    let rest = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      const parts = `${rest}${chunk}`.split('\0');
      rest = parts.pop() ?? '';
      yield* parts;
    }
    if (rest !== '') yield rest;
    if ((await ended) !== 0) throw new GitError(args, stderr);
  } finally {
    child.kill();
  }
}

/** The first digits of a SHA, for people. */
export function shortSha(sha: string): string {
  return sha.slice(0, 10);
}
