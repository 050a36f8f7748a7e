import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderLocked, type Holder, lockFolder } from '../../../../platform/database/folder-lock.ts';
import { startNode, type TestProcess } from '../../../support/product/process.ts';

const holder: Holder = { pid: process.pid, since: '2026-05-04T09:30:00.000Z', url: 'http://127.0.0.1:8080' };

let base: string;
let children: TestProcess[];
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'firstlight-lock-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(child => child.exited));
  await rm(base, { recursive: true });
});

/** A process that takes the lock, prints `locked`, and keeps the lock until it is killed. */
function startHolder(folder: string): TestProcess {
  const module = new URL('../../../../platform/database/folder-lock.ts', import.meta.url).href;
  const program = `
    import { lockFolder } from ${JSON.stringify(module)};
    const holder = { pid: process.pid, since: '2026-05-04T09:30:00.000Z', url: 'http://127.0.0.1:9999' };
    try {
      await lockFolder(${JSON.stringify(folder)}, holder);
      console.log('locked');
      setInterval(() => {}, 1_000);
    } catch (error) {
      console.log('refused: ' + error.message);
    }`;
  const child = startNode(['--input-type=module', '--eval', program]);
  children.push(child);
  return child;
}

describe('lockFolder', () => {
  test('creates the folder, and unlocks it on release', async () => {
    const folder = join(base, 'deep', 'data');
    const first = await lockFolder(folder, holder);
    first.release();
    first.release();
    expect(existsSync(join(folder, 'holder.json'))).toBe(false);
    (await lockFolder(folder, holder)).release();
  });

  test('refuses a second holder in the same process', async () => {
    const lock = await lockFolder(base, holder);
    await expect(lockFolder(base, holder)).rejects.toThrow(FolderLocked);
    lock.release();
  });

  test('names the holder: process, time and address', async () => {
    const child = startHolder(base);
    await child.waitForOutput(/locked/);
    const outcome = lockFolder(base, holder);
    await expect(outcome).rejects.toMatchObject({ holder: { pid: child.pid } });
    await expect(outcome).rejects.toThrow(
      `The folder ${base} is in use by process ${child.pid} since 2026-05-04T09:30:00.000Z, serving http://127.0.0.1:9999. Stop that one first, or choose another folder.`,
    );
  });

  test('gives the lock to exactly one of two processes that start at the same time', async () => {
    const pair = [startHolder(base), startHolder(base)];
    await Promise.all(pair.map(child => child.waitForOutput(/locked|refused/)));
    const outcomes = pair.map(child => child.output().trim());
    const winner = pair[outcomes.indexOf('locked')];
    expect(outcomes.toSorted()).toEqual([
      'locked',
      expect.stringContaining(`in use by process ${winner?.pid} since`),
    ]);
  });

  test('is free again after its holder was killed', async () => {
    const child = startHolder(base);
    await child.waitForOutput(/locked/);
    child.kill('SIGKILL');
    await child.exited;
    expect(existsSync(join(base, 'holder.json'))).toBe(true);
    (await lockFolder(base, holder)).release();
  });

  test("does not print a warning of Node's", async () => {
    const child = startHolder(base);
    await child.waitForOutput(/locked/);
    child.kill('SIGTERM');
    await child.exited;
    expect(child.output()).toBe('locked\n');
  });

  test('explains why a folder cannot be used', async () => {
    const file = join(base, 'file');
    await writeFile(file, '');
    await expect(lockFolder(file, holder)).rejects.toThrow(
      /^The folder .*file cannot be used for data \(.*\)\. Give this user the right to write there, or choose another folder\.$/,
    );
    await expect(lockFolder(join(file, 'below'), holder)).rejects.toThrow(/cannot be used for data/);
  });
});
