import { utimesSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { storedIds } from '../support/histories/shown.ts';
import { freePort } from '../support/product/process.ts';
import { holderOf, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const source = fileURLToPath(new URL('../../services/metrics/app.ts', import.meta.url));

test('npm run dev restarts when a source file is written, and keeps the data', async () => {
  using folder = temporaryFolder();
  const env = { PORT: String(await freePort()) };
  await using product = await startProduct({ dataDir: folder.path, env, program: ['npm', 'run', 'dev'] });
  const process = () => holderOf(folder.path).pid;
  const event = { type: 'change_exposed', service: 'checkout', change: 'a', weight: 5, id: 'kept' };
  expect((await product.post(event)).status).toBe(202);

  const before = process();
  utimesSync(source, new Date(), new Date()); // as an editor that saves it unchanged
  const restarted = async () => process() !== before && (await product.get('/readyz')).status === 200;
  await expect.poll(() => restarted().catch(() => false), { timeout: 60_000 }).toBe(true);

  product.signal('SIGINT');
  await product.ended;
  expect(product.output().match(/"msg":"stopped"/g)).toHaveLength(2);
  expect(await storedIds({ dataDir: folder.path })).toEqual(['kept']);
});
