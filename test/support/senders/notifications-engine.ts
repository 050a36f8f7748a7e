import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { runProgram } from '../product/program.ts';

/** The Go that `test/prerequisites.sh` installs where the system's own is too old. */
const ownGo = fileURLToPath(new URL('../../.cache/go/', import.meta.url));

const source = fileURLToPath(new URL('../../notifications-engine/', import.meta.url));
const program = fileURLToPath(
  new URL('../../.cache/notifications-engine/notifications-engine', import.meta.url),
);

/** The input of a notification: the object and, if given, the trigger. */
export interface EngineRequest {
  /** Absent: all triggers of the subscriptions. */
  readonly trigger?: string;
  readonly variable: 'rollout' | 'app';
  readonly object: unknown;
  readonly analysisRuns?: readonly unknown[];
  /** RFC 3339. */
  readonly now: string;
}

/**
 * Builds the program of `test/notifications-engine/`, the engine of Argo Rollouts and Argo CD. The first build
 * takes minutes, because it fetches and compiles the modules.
 * @throws {Error} if Go is missing
 */
export async function buildEngine(): Promise<void> {
  await mkdir(join(program, '..'), { recursive: true });
  try {
    await runProgram('go', ['build', '-buildvcs=false', '-o', program, '.'], {
      debianPackages: 'golang',
      cwd: source,
      env: goEnvironment(),
    });
  } catch (error) {
    // Debian 12's own Go is too old for the engine.
    if (error instanceof Error && error.cause !== undefined)
      throw new Error('The tests need Go 1.24 or newer: `npm run test:prerequisites` installs it.', {
        cause: error,
      });
    throw error;
  }
}

function goEnvironment(): NodeJS.ProcessEnv {
  if (!existsSync(ownGo)) return process.env;
  const PATH = `${ownGo}bin:${process.env['PATH'] ?? ''}`;
  return { ...process.env, PATH, GOROOT: ownGo, GOTOOLCHAIN: 'local' };
}

/**
 * Sends notifications with a user's ConfigMap and Secret, one after another.
 * @param folder the example with `configmap.yaml` and `secret.yaml`
 * @param to the values of the Secret
 * @returns the triggers that were sent, each with the value of its `oncePer`, or an empty text
 * @throws {Error} if a template cannot be rendered or a request is not answered with success
 */
export async function notify(
  folder: string,
  to: { readonly url: string; readonly token: string },
  requests: readonly EngineRequest[],
): Promise<string[][]> {
  const scratch = await mkdtemp(join(tmpdir(), 'firstlight-notifications-'));
  try {
    const secret = parse(await readFile(join(folder, 'secret.yaml'), 'utf8'));
    secret.stringData = { 'firstlight-url': to.url, 'firstlight-token': to.token };
    const secretPath = join(scratch, 'secret.yaml');
    await writeFile(secretPath, stringify(secret));
    const output = await runProgram(program, [join(folder, 'configmap.yaml'), secretPath], {
      debianPackages: 'golang',
      input: JSON.stringify(requests),
    });
    return output
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.split('\t'));
  } finally {
    await rm(scratch, { recursive: true });
  }
}
