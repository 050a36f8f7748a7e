import { expect, test } from 'vitest';
import { must, mustGet } from '../../../domain/must.ts';

test.each([0, '', false])('%o is a value', value => {
  expect(must(value, 'value')).toBe(value);
  expect(mustGet(new Map([['checkout', value]]), 'checkout', 'row id')).toBe(value);
});

test.each([null, undefined])('%o is none', value => {
  expect(() => must(value, 'row id for checkout')).toThrow('there is no row id for checkout');
});

test('a key that is not in the map is named', () => {
  expect(() => mustGet(new Map([['checkout', 1]]), 'search', 'row id')).toThrow(
    'there is no row id for "search"',
  );
});
