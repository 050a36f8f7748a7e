import { expect, test } from 'vitest';
import { must } from '../../../domain/must.ts';

test.each([0, '', false])('%o is a value', value => {
  expect(must(value, 'value')).toBe(value);
});

test.each([null, undefined])('%o is none', value => {
  expect(() => must(value, 'row id for checkout')).toThrow('there is no row id for checkout');
});
