import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, compareSortKeys } from '../../../../domain/events/byte-order.ts';

/** Any text that has a UTF-8 form: every code point, without halves of surrogate pairs. */
const text = fc.string({ unit: 'binary', maxLength: 12 });
/** Few code points from both sides of every length of UTF-8, so that long common beginnings are met. */
const alike = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    '\u007f',
    '\u0080',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{1f680}',
    '\u{10ffff}',
  ),
  maxLength: 6,
});

describe('the order of names', () => {
  test.each([
    ['of any text', text],
    ['of texts that begin alike', alike],
  ])('is that of their UTF-8 bytes, %s', (_which, some) => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
  });

  test('puts what lies beyond the basic plane behind what lies in it, unlike JavaScript’s own', () => {
    const names = ['\u{1f680}', '\uff21', 'a', '', 'ab'];
    expect(names.toSorted(compareBytes)).toEqual(['', 'a', 'ab', '\uff21', '\u{1f680}']);
    expect(names.toSorted()).toEqual(['', 'a', 'ab', '\u{1f680}', '\uff21']);
  });
});

test('rollouts stand in the order of their exposure, those of one instant in the order of their ids', () => {
  const places = [
    { exposed: 2, name: 'a' },
    { exposed: 1, name: '\u{1f680}' },
    { exposed: 1, name: '\uff21' },
    { exposed: 1, name: 'r10' },
    { exposed: 1, name: 'r9' },
  ];
  expect(places.toSorted(compareSortKeys).map(({ name }) => name)).toEqual([
    'r10',
    'r9',
    '\uff21',
    '\u{1f680}',
    'a',
  ]);
});
