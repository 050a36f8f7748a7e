import { describe, expect, test } from 'vitest';
import { isRetryable, isUnavailable } from '../../../../platform/database/errors.ts';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('isUnavailable', () => {
  test.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'ENOTFOUND',
    '57P01',
    '57P03',
    '08006',
    '08P01',
    '53300',
    '53100',
    '57014',
  ])('is true for the code %s', code => {
    expect(isUnavailable(withCode(code))).toBe(true);
  });

  test.each(['23505', '42P01', '22003', '28P01', '3D000', '40001', 'ERR_INVALID_ARG_TYPE'])(
    'is false for the code %s',
    code => {
      expect(isUnavailable(withCode(code))).toBe(false);
    },
  );

  test("recognizes the drivers' errors without a code", () => {
    expect(isUnavailable(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isUnavailable(new Error('PGlite is closed'))).toBe(true);
    expect(isUnavailable(new Error('something else'))).toBe(false);
  });

  test('also checks the causes, even in a circle', () => {
    expect(isUnavailable(new Error('not stored', { cause: withCode('57P01') }))).toBe(true);
    const circle = new Error('a');
    circle.cause = new Error('b', { cause: circle });
    expect(isUnavailable(circle)).toBe(false);
  });

  test('is false for a value that is not an Error', () => {
    expect([null, undefined, 'ECONNREFUSED', { code: '57P01' }].map(isUnavailable)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('isRetryable', () => {
  test('is true for a serialization failure and a deadlock only', () => {
    expect(['40001', '40P01', '57P01', '23505'].map(code => isRetryable(withCode(code)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
