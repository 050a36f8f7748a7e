import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outagesOf, type Resolved } from '../../../../domain/delivery/outages.ts';

const incident = (id: number, from: number, to: number): Resolved => ({ id, name: `i${id}`, from, to });

describe('outages', () => {
  test('of no incidents are none', () => {
    expect(outagesOf([])).toEqual([]);
  });

  test('join incidents that overlap, touch, or lie within each other', () => {
    const chain = [incident(1, 10, 20), incident(2, 12, 15), incident(3, 20, 30), incident(4, 25, 40)];
    expect(outagesOf(chain)).toEqual([{ id: 1, from: 10, to: 40, incidents: [1, 2, 3, 4] }]);
  });

  test('keep incidents apart that a millisecond parts, in the order of time', () => {
    expect(outagesOf([incident(1, 31, 40), incident(2, 10, 30)])).toEqual([
      { id: 2, from: 10, to: 30, incidents: [2] },
      { id: 1, from: 31, to: 40, incidents: [1] },
    ]);
  });

  test('are joined by an incident that bridges them', () => {
    const apart = [incident(1, 10, 20), incident(2, 30, 40)];
    expect(outagesOf(apart)).toHaveLength(2);
    expect(outagesOf([...apart, incident(3, 15, 35)])).toEqual([
      { id: 1, from: 10, to: 40, incidents: [1, 3, 2] },
    ]);
  });

  test('may last no time at all', () => {
    expect(outagesOf([incident(1, 10, 10), incident(2, 10, 10)])).toEqual([
      { id: 1, from: 10, to: 10, incidents: [1, 2] },
    ]);
  });

  test('are called by their first incident; of one instant, by the first name by UTF-8 bytes', () => {
    const rocket = { id: 1, name: '\u{1f680}', from: 10, to: 20 };
    const letter = { id: 2, name: '\uff21', from: 10, to: 15 };
    for (const order of [
      [rocket, letter],
      [letter, rocket],
    ])
      expect(outagesOf(order)).toEqual([{ id: 2, from: 10, to: 20, incidents: [2, 1] }]);
  });

  test('cover the whole time of every incident and no other, whatever the order they are given in', () => {
    const span = fc.tuple(fc.nat(60), fc.nat(8));
    const given = fc
      .array(span, { maxLength: 20 })
      .map(spans => spans.map(([from, length], index) => incident(index, from, from + length)))
      .chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(given, ([all, shuffled]) => {
        const outages = outagesOf(all);
        expect(outagesOf(shuffled)).toEqual(outages);
        const times = (spans: readonly { from: number; to: number }[]) =>
          new Set(spans.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)));
        // Incidents of which one ends a whole step before the next begins are two outages, so the times are doubled.
        const doubled = (spans: readonly { from: number; to: number }[]) =>
          spans.map(({ from, to }) => ({ from: 2 * from, to: 2 * to }));
        expect(times(doubled(outages))).toEqual(times(doubled(all)));
        expect(outages.flatMap(({ incidents }) => incidents).sort((a, b) => a - b)).toEqual(
          all.map(({ id }) => id),
        );
      }),
    );
  });
});
