import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const script = fileURLToPath(new URL('../../prerequisites.sh', import.meta.url));

/**
 * Ends the run before its first test if this machine lacks programs that the tests need, with one message for all of
 * them. A run of single files checks only the programs for the servers; each test reports other missing programs.
 */
export async function setup(project: TestProject): Promise<void> {
  const chosen = new Set(project.vitest.state.getPaths());
  const { testFiles } = await project.globTestFiles();
  const whole = testFiles.every(path => chosen.has(path));
  try {
    await promisify(execFile)('bash', [script, 'check', ...(whole ? [] : ['servers'])]);
  } catch (error) {
    const message = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    process.stderr.write(`\n${message || error}\n`);
    process.exit(1);
  }
}
