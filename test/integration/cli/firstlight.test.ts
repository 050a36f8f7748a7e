import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { firstlight, root, run } from './firstlight.ts';
import { temporaryFolder } from './repositories.ts';

// Makes any Node behave like one that is too old for TypeScript.
const oldNode = ['--no-strip-types'];

describe('the firstlight command', () => {
  test('runs with npx in the project', async () => {
    const { status, stdout } = await run('npx', ['firstlight', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: firstlight');
  });

  test('runs as an executable file', async () => {
    const { status, stdout } = await run(join(root, 'cli/firstlight.mjs'), ['emit', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('change_exposed');
  });

  test('explains that a command does not exist, with status 2', async () => {
    const { status, stderr } = await firstlight(['emti']);
    expect(status).toBe(2);
    expect(stderr).toContain("unknown command 'emti'");
    expect(stderr).toContain('--help');
  });

  test("hands over to the project's Node if the current Node cannot run TypeScript", async () => {
    using project = copyOfProject(
      'process.exitCode = 7; console.log(process.features.typescript, ...process.argv.slice(2));',
    );
    const { status, stdout, stderr } = await run(process.execPath, [...oldNode, project.script, 'a b']);
    expect(stderr).toBe('');
    expect(stdout).toBe('strip a b\n');
    expect(status).toBe(7);
  });

  test('forwards signals to that Node, and ends with its status', async () => {
    using project = copyOfProject(
      "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('ready');",
    );
    const child = spawn(process.execPath, [...oldNode, project.script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise(resolve => child.on('exit', (status, signal) => resolve({ status, signal })));
    await new Promise(resolve => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    expect(await ended).toEqual({ status: 5, signal: null });
  });

  test('says what to install if there is no such Node', async () => {
    using project = copyOfProject('');
    rmSync(project.node);
    const { status, stderr } = await run(process.execPath, [...oldNode, project.script]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/needs Node 22\.18 or newer.*npm ci/);
  });
});

/** A folder with the launcher, another `main.ts`, and its own Node. */
function copyOfProject(main: string): Disposable & { script: string; node: string } {
  const folder = temporaryFolder();
  const script = join(folder.path, 'cli/firstlight.mjs');
  const node = join(folder.path, 'node_modules/node/bin/node');
  for (const path of ['cli/firstlight.mjs', 'platform/process/compile-cache.mjs'])
    cpSync(join(root, path), join(folder.path, path));
  writeFileSync(join(folder.path, 'cli/main.ts'), main);
  mkdirSync(dirname(node), { recursive: true });
  writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  return { script, node, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}
