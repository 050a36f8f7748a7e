import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const defaultDeadlineMs = 20_000;

/**
 * Calls `condition` repeatedly until it returns something other than null, undefined or false.
 * @throws {Error} after the deadline, with the last error of the condition as its cause
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { readonly deadlineMs?: number; readonly what?: string } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    let lastError: unknown;
    try {
      const outcome = await condition();
      if (outcome !== null && outcome !== undefined && outcome !== false)
        return outcome as NonNullable<Exclude<T, false>>;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline)
      throw new Error(`${options.what ?? 'the condition'} was not met within ${deadlineMs} ms`, {
        cause: lastError,
      });
    await sleep(20);
  }
}

/** A free TCP port of 127.0.0.1, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  server.close();
  await once(server, 'close');
  return address.port;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that a test has started. */
export interface TestProcess {
  readonly pid: number;
  /** The standard output and standard error so far, together. */
  output(): string;
  /** Waits for the first match in the output. @throws {Error} after the deadline, or when the process ends without one */
  waitForOutput(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>;
  kill(signal?: NodeJS.Signals): void;
  /** Resolves when the process has ended and all its output is read. */
  readonly exited: Promise<Exit>;
  /** Ends the process with SIGTERM, and after 10 s with SIGKILL. Does nothing if it has ended. */
  stop(): Promise<Exit>;
}

export interface ProcessOptions {
  /** Variables in addition to a minimal environment, which has none of the shell's settings. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts a program of this repository with the Node of the tests: `startNode(['services/standalone/main.ts'])`. */
export function startNode(args: readonly string[], options: ProcessOptions = {}): TestProcess {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: options.cwd ?? process.cwd(),
    env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watch(child);
}

/** Collects the output of a child process, and kills it when this process exits. */
export function watch(child: ChildProcess): TestProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${child.spawnfile} could not be started`);
  let output = '';
  let ended = false;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', text => {
      output += text;
    });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = new Promise<Exit>(resolve => {
    child.once('close', (code, signal) => {
      ended = true;
      process.off('exit', killWithUs);
      resolve({ code, signal });
    });
  });
  return {
    pid,
    exited,
    output: () => output,
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    waitForOutput: async (pattern, deadlineMs = defaultDeadlineMs) => {
      let match: RegExpExecArray | null = null;
      try {
        await waitFor(
          () => {
            const last = ended; // read before the output, so that the last output is not missed
            match = pattern.exec(output);
            return match !== null || last;
          },
          { deadlineMs },
        );
      } catch {
        // The error below has the output.
      }
      if (match === null)
        throw new Error(`${pattern} did not appear${ended ? ' before it ended' : ''}:\n${output}`);
      return match;
    },
    stop: async () => {
      if (!ended) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
  };
}
