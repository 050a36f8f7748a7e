import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startNode } from '../../support/product/process.ts';
import { argumentsOf, serviceNames } from '../../support/product/service.ts';
import { temporaryFolder } from '../../support/product/standalone.ts';

test.each([...serviceNames, 'standalone'])(
  '%s caches its compiled sources in NODE_COMPILE_CACHE, as in the image',
  async name => {
    using folder = temporaryFolder();
    const env = { NODE_COMPILE_CACHE: folder.path, PORT: 'none' };
    const process = startNode(argumentsOf(name), { env });
    expect(await process.exited).toEqual({ code: 1, signal: null });
    expect(process.output()).toContain('PORT must be a whole number');
    expect(kept(folder.path)).toBeGreaterThan(100);
  },
);

test('the firstlight command caches its compiled sources too', async () => {
  using folder = temporaryFolder();
  const env = { NODE_COMPILE_CACHE: folder.path };
  const process = startNode(['cli/firstlight.mjs', '--help'], { env });
  expect(await process.exited).toEqual({ code: 0, signal: null });
  expect(kept(folder.path)).toBeGreaterThan(10);
});

/** Each file is a module. */
const kept = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).length;
