import { spawn } from 'node:child_process';

/** Git said no; `stderr` is what it said. */
export class GitError extends Error {
  readonly stderr: string;

  constructor(args: readonly string[], stderr: string) {
    super(`git ${args[0] ?? ''} failed: ${stderr.trim() || 'it said nothing'}`);
    this.name = 'GitError';
    this.stderr = stderr;
  }
}

/** Runs git in one repository and reads what it prints, record by record. */
export interface Git {
  /**
   * The records of the output, which end with NUL; git waits while the reader is busy.
   * @param input what git reads on its standard input
   */
  records(args: readonly string[], input?: string): AsyncGenerator<string>;
  /** The first line of a short output, or null where git fails. */
  line(args: readonly string[]): Promise<string | null>;
}

// Whatever the user's settings are, the output must be the same.
const settings = [
  '-c',
  'core.quotePath=false',
  '-c',
  'log.showSignature=false',
  '-c',
  'i18n.logOutputEncoding=UTF-8',
];
const ownVariables = {
  // A git hook sets these for its own repository.
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
    env: { ...process.env, ...ownVariables },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, 10_000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', error => reject(new Error(`git could not be started: ${error.message}. Install git.`)));
    child.on('close', resolve);
  });
  // A reader that has not come to its end yet must not make this an unhandled rejection.
  ended.catch(() => {});
  // Git may end before it has read its input (a wrong option); its status tells of that.
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
