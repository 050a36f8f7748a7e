import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Answer } from './answer.ts';
import { type Exit, type TestProcess, watch } from './process.ts';
import { argumentsOf } from './service.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** A start takes a second or two, and much longer on a machine that is busy with other tests. */
const readyDeadlineMs = 60_000;

export interface ProductOptions {
  /** The folder of the database. Absent: `env` names a PostgreSQL. */
  readonly dataDir?: string;
  /** Settings in addition to `PORT`, which is any free port by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** The user who runs the product. Default: the user of the tests. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** `npm`, as users start it (default), or `node`, as service managers do, with the product's own exit status. */
  readonly through?: 'npm' | 'node';
  /** Another program of the project that runs the product, such as the demo. Default: `npm start`. */
  readonly program?: readonly [string, ...string[]];
}

/** The running standalone product. */
export interface Product extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** The standard output and standard error so far. */
  output(): string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** `POST /v1/events`; a body other than text and bytes is sent as JSON. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Sends a signal to all its processes, as Ctrl-C on a terminal does. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when all its processes have ended; with npm, the exit is that of npm. */
  readonly ended: Promise<Exit>;
  /** Kills all its processes at once. */
  crash(): Promise<void>;
  /** Stops it as a service manager does. Does nothing if it has ended. */
  stop(): Promise<Exit>;
}

/** Starts the standalone product and waits until its output says that it is ready. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { child, kill: killAll } = await launch(options);
  let signalled = false;
  const kill = (signal: NodeJS.Signals) => {
    signalled = true;
    killAll(signal);
  };
  let url: string;
  try {
    const ready = /Firstlight is ready\.\s+The weekly page\s+(\S+)\//;
    url = (await child.waitForOutput(ready, readyDeadlineMs))[1] ?? '';
  } catch (error) {
    kill('SIGKILL');
    throw error;
  }
  const stop = async () => {
    kill('SIGTERM');
    const timer = setTimeout(kill, 20_000, 'SIGKILL');
    const exit = await child.exited;
    clearTimeout(timer);
    return exit;
  };
  const request = async (path: string, init: RequestInit): Promise<Answer> => {
    try {
      const answer = await fetch(url + path, { ...init, signal: AbortSignal.timeout(30_000) });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    } catch (error) {
      // After a signal, the test itself expects that the connection is lost.
      if (signalled) throw error;
      throw new Error(`${init.method ?? 'GET'} ${path} failed:\n${child.output()}`, { cause: error });
    }
  };
  return {
    url,
    output: child.output,
    get: (path, headers = {}) => request(path, { headers }),
    post: (body, headers = {}) =>
      request('/v1/events', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    signal: kill,
    ended: child.exited,
    crash: async () => {
      kill('SIGKILL');
      await child.exited;
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** The end of a start that fails. */
export interface Refused {
  readonly exit: Exit;
  readonly output: string;
  /** The messages of the log at level `fatal`. */
  readonly fatal: readonly string[];
}

/** Starts the product and waits until it ends by itself. @throws {Error} when it becomes ready instead */
export async function startExpectingFailure(options: ProductOptions): Promise<Refused> {
  const { child, kill } = await launch(options);
  const ready = child.waitForOutput(/Firstlight is ready/, readyDeadlineMs).then(
    () => true,
    () => false,
  );
  const isReady = await Promise.race([ready, child.exited.then(() => false)]);
  kill('SIGKILL');
  const exit = await child.exited;
  const output = child.output();
  if (isReady) throw new Error(`it started all the same:\n${output}`);
  return { exit, output, fatal: fatalIn(output) };
}

/** Runs a command line in a shell, in the project's folder. */
export async function runShellLine(
  line: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return promisify(execFile)('bash', ['-c', line], { cwd: root, env: { ...shell(), ...env } });
}

/** Creates a folder that is removed at the end of the scope. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'firstlight-e2e-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

async function launch(options: ProductOptions) {
  const { dataDir, env, user, through = 'npm' } = options;
  if (user !== undefined) await mustRead(user);
  const [program, ...args] =
    options.program ??
    (through === 'npm' ? ['npm', 'start'] : [process.execPath, ...argumentsOf('standalone')]);
  const child = watch(
    spawn(program, args, {
      ...user,
      cwd: root,
      detached: true, // a separate process group, so that a signal reaches all its processes
      env: { ...shell(), PORT: '0', ...(dataDir === undefined ? {} : { DATA_DIR: dataDir }), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const kill = (signal: NodeJS.Signals) => killGroup(child, signal);
  const killWithUs = () => kill('SIGKILL');
  process.once('exit', killWithUs);
  void child.exited.then(() => process.off('exit', killWithUs));
  return { child, kill };
}

function killGroup({ pid }: TestProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** A minimal environment, which has none of the shell's settings. */
function shell(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), npm_config_update_notifier: 'false' };
}

async function mustRead(user: { readonly uid: number; readonly gid: number }): Promise<void> {
  const needed = ['package.json', 'node_modules/kysely/package.json'].map(path => join(root, path));
  try {
    await promisify(execFile)('cat', needed, user);
  } catch {
    throw new Error(
      `User ${user.uid} cannot read ${root}, so the product cannot run as that user. Run the tests in a folder that every user may enter, or not as root.`,
    );
  }
}

function fatalIn(output: string): string[] {
  return output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as { readonly level: string; readonly msg: string })
    .filter(({ level }) => level === 'fatal')
    .map(({ msg }) => msg);
}

/** The note in the product's folder about the process that has locked it. */
export function holderOf(dataDir: string): { readonly pid: number; readonly url: string } {
  return JSON.parse(readFileSync(join(dataDir, 'holder.json'), 'utf8'));
}
