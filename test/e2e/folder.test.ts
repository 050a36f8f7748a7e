import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/product/process.ts';
import {
  holderOf,
  startExpectingFailure,
  startProduct,
  temporaryFolder,
} from '../support/product/standalone.ts';

const event = { type: 'change_exposed', service: 'checkout', change: '3f2a91c' };
/** If the tests run as root, who may write anywhere, these run as nobody. */
const nobody = process.getuid?.() === 0 ? { user: { uid: 65_534, gid: 65_534 } } : {};

test('a second start on a folder names the holder and ends; the first continues', async () => {
  using folder = temporaryFolder();
  const dataDir = join(folder.path, 'data');
  const port = String(await freePort());
  await using first = await startProduct({ dataDir, env: { PORT: port } });
  const second = await startExpectingFailure({ dataDir });
  expect(second.exit.code).toBe(1);
  const { pid } = holderOf(dataDir);
  expect(() => process.kill(pid, 0)).not.toThrow();
  expect(second.fatal).toEqual([expect.stringContaining(`in use by process ${pid} since `)]);
  expect(second.fatal[0]).toContain(`serving http://127.0.0.1:${port}. Stop that one first`);
  expect((await first.post(event)).status).toBe(202);
});

test('a port in use gives one sentence with advice', async () => {
  using folder = temporaryFolder();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  try {
    const address = other.address();
    const port = String(typeof address === 'object' ? address?.port : address);
    const { exit, fatal } = await startExpectingFailure({
      dataDir: join(folder.path, 'data'),
      env: { PORT: port },
    });
    expect(exit.code).toBe(1);
    expect(fatal).toEqual([
      `Port ${port} of 127.0.0.1 is in use by another program. Stop that one, or set PORT to a free one.`,
    ]);
  } finally {
    other.close();
  }
});

describe('as a user who is not root', () => {
  const owned = (path: string) => {
    if (nobody.user) chownSync(path, nobody.user.uid, nobody.user.gid);
  };

  test('it runs in its own folder', async () => {
    using folder = temporaryFolder();
    owned(folder.path);
    const dataDir = join(folder.path, 'data');
    await using product = await startProduct({ ...nobody, dataDir, env: { HOME: folder.path } });
    expect((await product.post(event)).status).toBe(202);
    expect((await product.get('/')).status).toBe(200);
  });

  test('a folder that cannot be written gives one sentence with advice', async () => {
    using folder = temporaryFolder();
    owned(folder.path);
    const dataDir = join(folder.path, 'data');
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o555);
    const { exit, fatal } = await startExpectingFailure({ ...nobody, dataDir, env: { HOME: folder.path } });
    expect(exit.code).toBe(1);
    expect(fatal).toEqual([
      expect.stringMatching(
        /^The folder .* cannot be used for data \(.*\)\. Give this user the right to write/,
      ),
    ]);
    expect(fatal[0]).toContain(dataDir);
  });
});
