import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { storedIds } from '../support/histories/shown.ts';
import { freePort } from '../support/product/process.ts';
import { startProduct, temporaryFolder } from '../support/product/standalone.ts';
import { Senders } from '../support/senders/senders.ts';

/** The product's deadline for stopping, and a margin for a busy machine. */
const deadlineMs = 10_000 + 3_000;

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const dataDir = join(folder.path, 'data');
const senders = new Senders();

test.each([
  ['Ctrl-C on the terminal of npm start', 'SIGINT', 'npm'],
  ['SIGTERM to all processes of npm start', 'SIGTERM', 'npm'],
  ['SIGINT', 'SIGINT', 'node'],
  ['SIGTERM from a service manager', 'SIGTERM', 'node'],
] as const)('%s under load ends it in time, and what it accepted is stored', async (_, signal, through) => {
  const port = await freePort();
  await using product = await startProduct({ dataDir, through, env: { PORT: String(port) } });
  await senders.send(product, 200, async () => {
    const signalledAt = performance.now();
    product.signal(signal);
    const exit = await product.ended;
    expect(performance.now() - signalledAt).toBeLessThan(deadlineMs);
    // npm's status depends on the system: it may end with the signal that it received.
    if (through === 'node') expect(exit).toEqual({ code: 0, signal: null });
  });
  expect(product.output()).toContain('"msg":"stopped"');
  await expectFree(port);

  const ids = await storedIds({ dataDir });
  expect(new Set(ids).size).toBe(ids.length);
  expect(senders.accepted.map(({ id }) => id).filter(id => !ids.includes(id))).toEqual([]);
  const sent = new Set(senders.sent.map(({ id }) => id));
  expect(ids.filter(id => !sent.has(id))).toEqual([]);
});

/** @throws {Error} when a server still listens at that address */
async function expectFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
