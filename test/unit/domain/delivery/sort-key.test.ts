import { expect, test } from 'vitest';
import { compareSortKeys } from '../../../../domain/delivery/sort-key.ts';

test('rollouts are sorted by exposure time, then by the bytes of their names', () => {
  const keys = [
    { exposedAt: 2, name: 'a' },
    { exposedAt: 1, name: '\u{1f680}' },
    { exposedAt: 1, name: '\uff21' },
    { exposedAt: 1, name: 'r10' },
    { exposedAt: 1, name: 'r9' },
  ];
  expect(keys.toSorted(compareSortKeys).map(({ name }) => name)).toEqual([
    'r10',
    'r9',
    '\uff21',
    '\u{1f680}',
    'a',
  ]);
});
