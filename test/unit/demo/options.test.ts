import { expect, test } from 'vitest';
import { readOptions } from '../../../demo/options.ts';

test('there are no options by default', () => {
  expect(readOptions([])).toEqual({ fresh: false, help: false, size: {} });
});

test('a size, a seed and a fresh start are read', () => {
  expect(readOptions(['--fresh', '--services', '8', '--weeks', '12', '--seed', '7'])).toEqual({
    fresh: true,
    help: false,
    size: { services: 8, weeks: 12, seed: 7 },
  });
});

test.each([
  [['--services', '41'], '--services must be a whole number from 1 to 40'],
  [['--weeks', '1.5'], '--weeks must be a whole number from 8 to 104'],
  [['--frsh'], '--frsh'],
])('%j is refused with an explanation', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
