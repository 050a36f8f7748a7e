import { describe, expect, test } from 'vitest';
import { literalOf, withLiterals } from '../../../../bench/sql/literals.ts';
import { binaryArray } from '../../../../platform/database/binary-array.ts';

describe('a parameter as a literal', () => {
  test.each([
    [null, 'null'],
    [true, 'true'],
    [7, '7'],
    [-7, "'-7'"],
    [2.5, '2.5'],
    ["it's", "'it''s'"],
    [Buffer.from('{}'), "'\\x7b7d'"],
    [[1, null], "'{1,NULL}'"],
    [['a"b\\', 'c'], String.raw`'{"a\"b\\","c"}'`],
  ])('%j is %s', (value, literal) => {
    expect(literalOf(value)).toBe(literal);
  });

  test.each([
    ['bigint', [2 ** 40, -1, null], "'{1099511627776,-1,NULL}'"],
    ['integer', [], "'{}'"],
    ['smallint', [-3], "'{-3}'"],
    ['boolean', [true, false], "'{true,false}'"],
    ['double precision', [0.1], "'{0.1}'"],
    ['text', ['it\'s "so"', ''], String.raw`'{"it''s \"so\"",""}'`],
    ['json', ['{"a":1}'], String.raw`'{"{\"a\":1}"}'`],
    ['bytea', ['00ff'], String.raw`'{"\\x00ff"}'`],
    ['uuid', ['00112233445566778899aabbccddeeff'], `'{"00112233445566778899aabbccddeeff"}'`],
  ] as const)('a binary array of %s is read', (type, values, literal) => {
    expect(literalOf(binaryArray(type, values))).toBe(literal);
  });
});

test('parameters are put in their places, quoted text stays', () => {
  const text = "select $1::text, '$1', $2::bigint[], $11 from (values ('it''s $2')) as x";
  const parameters = ['$2', [1], ...Array.from({ length: 8 }, () => 0), true];
  expect(withLiterals(text, parameters)).toBe(
    "select '$2'::text, '$1', '{1}'::bigint[], true from (values ('it''s $2')) as x",
  );
});
