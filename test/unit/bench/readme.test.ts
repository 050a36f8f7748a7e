import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Answer } from '../../../bench/measure/measure.ts';
import { withTable } from '../../../bench/measure/readme.ts';

const read = (name: string) => readFileSync(new URL(`../../../bench/${name}`, import.meta.url), 'utf8');

test('the figures in bench/README.md are those of bench/results.json', () => {
  const answers = JSON.parse(read('results.json')) as Answer[];
  expect(withTable(read('README.md'), answers)).toBe(read('README.md'));
});
