import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/**
 * Runs a program of this machine and waits for its end.
 * @param options.debianPackages the packages to install if the program is missing
 * @returns the standard output
 * @throws {Error} when the program is missing, or ends with a status other than 0; the message has the output
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly debianPackages: string;
    readonly input?: string;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string | undefined>>;
  },
): Promise<string> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  child.stdin.on('error', () => {}); // the program may end before it has read the whole input
  child.stdin.end(options.input);
  const written = Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    const [status, signal] = await once(child, 'close');
    const [output, errors] = await written;
    if (status === 0) return output;
    throw new Error(`${program} ended with ${signal ?? `status ${status}`}:\n${errors}${output}`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error(
        `The tests need ${program}. Install it: apt-get install --no-install-recommends ${options.debianPackages}`,
        { cause: error },
      );
    throw error;
  }
}
