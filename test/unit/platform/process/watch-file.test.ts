import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchFiles } from '../../../../platform/process/watch-file.ts';

const everyMs = 10;
let folder: string;
let stop: () => void;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firstlight-watch-'));
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

/** Watches a file of the folder; returns the calls of `onChange`. */
function watch(name: string) {
  const onChange = vi.fn();
  ({ stop } = watchFiles({ paths: () => [join(folder, name)], onChange, everyMs }));
  return onChange;
}

const once = (onChange: ReturnType<typeof watch>) =>
  vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1), { timeout: 5_000 });

test('an unchanged file is not reported', async () => {
  writeFileSync(join(folder, 'file'), 'a');
  const onChange = watch('file');
  await sleep(10 * everyMs);
  expect(onChange).not.toHaveBeenCalled();
});

test.each([
  ['written', (path: string) => writeFileSync(path, 'other')],
  [
    'replaced by another file',
    (path: string) => {
      writeFileSync(`${path}.new`, 'a');
      renameSync(`${path}.new`, path);
    },
  ],
  ['removed', (path: string) => rmSync(path)],
])('a file is reported once when it is %s', async (_, change) => {
  const path = join(folder, 'file');
  writeFileSync(path, 'a');
  const onChange = watch('file');
  change(path);
  await once(onChange);
  await sleep(10 * everyMs);
  expect(onChange).toHaveBeenCalledTimes(1);
});

test('a file is reported when it is created', async () => {
  const onChange = watch('file');
  writeFileSync(join(folder, 'file'), 'a');
  await once(onChange);
});

test('a file is reported when a link above it points to another folder, as in a ConfigMap', async () => {
  for (const version of ['1', '2']) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'file'), 'a');
  }
  symlinkSync('1', join(folder, 'data'));
  const onChange = watch('data/file');
  symlinkSync('2', join(folder, 'data.new'));
  renameSync(join(folder, 'data.new'), join(folder, 'data'));
  await once(onChange);
});

test('a file is not reported while it still changes', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  const onChange = vi.fn();
  let checks = 0;
  // Each check finds the file larger than the check before, ten times.
  const paths = () => {
    if (checks++ < 10) writeFileSync(path, 'x'.repeat(checks));
    return [path];
  };
  ({ stop } = watchFiles({ paths, onChange: () => onChange(checks), everyMs }));
  await once(onChange);
  expect(onChange.mock.calls[0]?.[0]).toBeGreaterThan(10);
});

test('nothing is reported after stop', async () => {
  const onChange = watch('file');
  stop();
  writeFileSync(join(folder, 'file'), 'a');
  await sleep(10 * everyMs);
  expect(onChange).not.toHaveBeenCalled();
});
