import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binaryArray } from '../../../../platform/database/binary-array.ts';

/** Decodes a one-dimensional array as PostgreSQL's `array_recv` does; an element is its bytes, or null. */
function decode(bytes: Buffer): { holdsNull: number; element: number; items: (Buffer | null)[] } {
  const dimensions = bytes.readInt32BE(0);
  const header = { holdsNull: bytes.readInt32BE(4), element: bytes.readInt32BE(8) };
  if (dimensions === 0) return { ...header, items: [] };
  expect(bytes.readInt32BE(16)).toBe(1); // the index of the first element
  const items: (Buffer | null)[] = [];
  let at = 20;
  for (let left = bytes.readInt32BE(12); left > 0; left--) {
    const length = bytes.readInt32BE(at);
    at += 4;
    items.push(length === -1 ? null : bytes.subarray(at, at + length));
    at += Math.max(0, length);
  }
  expect(at).toBe(bytes.length);
  return { ...header, items };
}

describe('binaryArray', () => {
  test('writes every whole number that JavaScript holds exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger()), values => {
        const { items } = decode(binaryArray('bigint', values));
        expect(items.map(item => Number(item?.readBigInt64BE()))).toEqual(values);
      }),
    );
  });

  test('writes texts, with NULL for null and undefined', () => {
    const { items, holdsNull, element } = decode(binaryArray('text', ['ü', null, '', undefined, '"{,}"']));
    expect(items.map(item => item && String(item))).toEqual(['ü', null, '', null, '"{,}"']);
    expect(holdsNull).toBe(1);
    expect(element).toBe(25);
  });

  test('writes hex digits as bytes', () => {
    expect(decode(binaryArray('bytea', ['00ff', ''])).items).toEqual([
      Buffer.from([0, 255]),
      Buffer.from([]),
    ]);
    const uuid = '00112233445566778899aabbccddeeff';
    expect(decode(binaryArray('uuid', [uuid])).items[0]?.toString('hex')).toBe(uuid);
  });

  test('writes an empty array without dimensions', () => {
    expect(decode(binaryArray('integer', []))).toEqual({ holdsNull: 0, element: 23, items: [] });
  });

  test.each([
    ['bigint', 2 ** 53],
    ['bigint', 0.5],
    ['integer', 2 ** 31],
    ['integer', 1.5],
    ['smallint', 40_000],
    ['smallint', Number.NaN],
  ] as const)('refuses as %s the number %d', (type, value) => {
    expect(() => binaryArray(type, [value])).toThrow(RangeError);
  });
});
