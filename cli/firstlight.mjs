#!/usr/bin/env node
// Plain JavaScript, because an older Node may run this file: that one starts the project's Node and hands over to it.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

if (process.features.typescript) {
  await import('../platform/process/compile-cache.mjs');
  await import('./main.ts');
} else handOver();

function handOver() {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const node = [`../node_modules/node/bin/node${suffix}`, `../node_modules/.bin/node${suffix}`]
    .map(path => fileURLToPath(new URL(path, import.meta.url)))
    .find(path => existsSync(path) && realpathSync(path) !== realpathSync(process.execPath));
  if (node === undefined) {
    console.error(
      `firstlight needs Node 22.18 or newer, this is ${process.version}: run \`npm ci\` in the project, which brings its own, or install a newer Node.`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // On a terminal, Ctrl-C also reaches the child directly.
  const forward = signal => void (signal === 'SIGINT' && process.stdin.isTTY ? 0 : child.kill(signal));
  for (const signal of signals) process.on(signal, forward);
  child.on('error', error => {
    console.error(`firstlight could not start ${node}: ${error.message}. Run \`npm ci\` again.`);
    process.exitCode = 1;
  });
  child.on('exit', (status, signal) => {
    for (const name of signals) process.off(name, forward);
    process.exitCode = status ?? 128 + (signal ? constants.signals[signal] : 0);
    if (signal) process.kill(process.pid, signal);
  });
}
