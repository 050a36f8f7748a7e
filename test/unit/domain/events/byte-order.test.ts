import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes } from '../../../../domain/events/byte-order.ts';
import { runs } from '../../../support/run/properties.ts';

/** Any text that has a UTF-8 form: every code point, without halves of surrogate pairs. */
const text = fc.string({ unit: 'binary', maxLength: 12 });
/** Texts of few code points, on both sides of each UTF-8 length: pairs often share a long prefix. */
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
    ['of texts that share a prefix', alike],
  ])('is that of their UTF-8 bytes, %s', (_which, names) => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: runs(2000) },
    );
  });

  test('puts code points beyond the basic plane after those within it, unlike JavaScript’s own order', () => {
    const names = ['\u{1f680}', '\uff21', 'a', '', 'ab'];
    expect(names.toSorted(compareBytes)).toEqual(['', 'a', 'ab', '\uff21', '\u{1f680}']);
    expect(names.toSorted()).toEqual(['', 'a', 'ab', '\u{1f680}', '\uff21']);
  });
});
