import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { common, filesOf, footprintOf, merged } from '../../../bench/walk/footprint.ts';

const source = `interface Size { readonly a: number }

export function ran(size: Size): number {
  type Result =
    number;
  const result: Result = size.a;

  return result;
}

export function idle(): number {
  return 0;
}
`;
const folder = mkdtempSync(join(tmpdir(), 'firstlight-footprint-'));
const root = pathToFileURL(`${folder}/`);
writeFileSync(join(folder, 'size.ts'), source);
afterAll(() => rmSync(folder, { recursive: true }));

const coverageOf = (name: string, count: number) => {
  const startOffset = source.indexOf(`function ${name}`);
  const endOffset = source.indexOf('\n}', startOffset) + 2;
  return { functionName: name, ranges: [{ startOffset, endOffset, count }] };
};
const script = (ran: number, idle: number) => ({
  url: new URL('size.ts', root).href,
  functions: [
    { functionName: '', ranges: [{ startOffset: 0, endOffset: source.length, count: 1 }] },
    coverageOf('ran', ran),
    coverageOf('idle', idle),
  ],
});

test('lines that ran are those of the functions that ran, without types and empty lines', () => {
  expect(filesOf(footprintOf([script(2, 0)]), root)).toEqual([{ path: 'size.ts', lines: 13, linesRun: 4 }]);
});

test('a file of which only the top level ran is not passed', () => {
  expect(filesOf(footprintOf([script(0, 0)]), root)).toEqual([]);
});

test('rounds share what ran in each of them, steps add up', () => {
  const rounds = [footprintOf([script(1, 1)]), footprintOf([script(1, 0)])];
  expect(filesOf(common(rounds), root)).toMatchObject([{ linesRun: 4 }]);
  expect(filesOf(merged(rounds), root)).toMatchObject([{ linesRun: 7 }]);
});
