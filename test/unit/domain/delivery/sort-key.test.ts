import { expect, test } from 'vitest';
import { compareSortKeys } from '../../../../domain/delivery/sort-key.ts';

test('rollouts are sorted by exposure time, then by the bytes of their names', () => {
  const keys = [
    { exposed: 2, name: 'a' },
    { exposed: 1, name: '\u{1f680}' },
    { exposed: 1, name: '\uff21' },
    { exposed: 1, name: 'r10' },
    { exposed: 1, name: 'r9' },
  ];
  expect(keys.toSorted(compareSortKeys).map(({ name }) => name)).toEqual([
    'r10',
    'r9',
    '\uff21',
    '\u{1f680}',
    'a',
  ]);
});
