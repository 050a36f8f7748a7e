import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Answer } from './answer.ts';
import { type Exit, waitFor, watch } from './process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const readyDeadlineMs = 60_000;

export const serviceNames = ['collector', 'consumer', 'metrics'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** One process of the distributed run. */
export interface Service extends AsyncDisposable {
  readonly name: ServiceName;
  /** Without a slash at the end. */
  readonly url: string;
  /** The log so far. */
  output(): string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** `POST /v1/events`; a body other than text and bytes is sent as JSON. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<Exit>;
  /** Kills the process at once. */
  crash(): Promise<void>;
  /** Stops the process as a service manager does. Does nothing if it has ended. */
  stop(): Promise<Exit>;
}

export interface ServiceOptions {
  /** Settings in addition to `PORT`, which is any free port by default. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether to wait until `/readyz` answers 200, and not only until the service listens. Default true. */
  readonly ready?: boolean;
}

const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Node's arguments in `npm run start:<name>`, or in `npm start` for the standalone run. */
export const argumentsOf = (name: string): string[] =>
  (scripts[name === 'standalone' ? 'start' : `start:${name}`] ?? '').split(' ').slice(1);

/** Starts a process of the distributed run, as `npm run start:<name>` does. */
export async function startService(name: ServiceName, options: ServiceOptions): Promise<Service> {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = watch(
    spawn(process.execPath, argumentsOf(name), {
      cwd: root,
      env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), PORT: '0', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const listens = /"host":"([^"]+)","port":(\d+),"msg":"the [^"]+ listens"/;
  const [, , port = ''] = await child.waitForOutput(listens, readyDeadlineMs);
  const url = `http://127.0.0.1:${port}`;
  const request = async (path: string, init: RequestInit): Promise<Answer> => {
    const answer = await fetch(url + path, { ...init, signal: AbortSignal.timeout(60_000) });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const get: Service['get'] = (path, headers = {}) => request(path, { headers });
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
    const exit = await child.exited;
    clearTimeout(timer);
    return exit;
  };
  if (options.ready ?? true)
    try {
      await waitFor(async () => (await get('/readyz')).status === 200, {
        what: `a ready ${name}`,
        deadlineMs: readyDeadlineMs,
      });
    } catch (cause) {
      await stop();
      throw new Error(`the ${name} does not become ready:\n${child.output()}`, { cause });
    }
  return {
    name,
    url,
    output: child.output,
    get,
    post: (body, headers = {}) =>
      request('/v1/events', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    signal: child.kill,
    ended: child.exited,
    crash: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
