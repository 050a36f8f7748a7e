import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  differenceOf,
  median,
  samplesMin,
  tooFew,
  wilson,
  withinChance,
} from '../../../../domain/metrics/statistics.ts';

describe('the interval of a ratio', () => {
  // The last one is an example of Newcombe, Statistics in Medicine 17 (1998), 857–872.
  test.each([
    [0, 10, 0, 0.2775],
    [1, 10, 0.0179, 0.4042],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
    [3, 37, 0.028, 0.213],
    [81, 263, 0.2553, 0.3662],
  ])('of %i of %i is from %f to %f', (successes, trials, low, high) => {
    const interval = wilson(successes, trials);
    expect(interval?.low).toBeCloseTo(low, 3);
    expect(interval?.high).toBeCloseTo(high, 3);
  });

  test('is none without trials, and none where more was rolled back than exposed', () => {
    expect(wilson(0, 0)).toBeNull();
    expect(wilson(3, 2)).toBeNull();
  });

  const trials = fc.integer({ min: 1, max: 100_000 });
  const seen = trials.chain(of => fc.tuple(fc.integer({ min: 0, max: of }), fc.constant(of)));

  test('holds the ratio, lies within 0 and 1, and mirrors', () => {
    fc.assert(
      fc.property(seen, ([successes, of]) => {
        const { low, high } = wilson(successes, of) ?? { low: Number.NaN, high: Number.NaN };
        const mirrored = wilson(of - successes, of);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(successes / of);
        expect(high).toBeGreaterThanOrEqual(successes / of);
        expect(mirrored?.low).toBeCloseTo(1 - high, 9);
        expect(mirrored?.high).toBeCloseTo(1 - low, 9);
      }),
    );
  });

  test('its ends are where a normal test of the true share would just not be surprised', () => {
    fc.assert(
      fc.property(seen, ([successes, of]) => {
        const interval = wilson(successes, of);
        for (const end of [interval?.low ?? 0, interval?.high ?? 1]) {
          if (end === 0 || end === 1) continue;
          const deviations = Math.abs(successes / of - end) / Math.sqrt((end * (1 - end)) / of);
          expect(deviations).toBeCloseTo(1.96, 4);
        }
      }),
    );
  });
});

test('the interval of a difference is Newcombe’s', () => {
  // His example: 56 of 70 against 48 of 80, method 10.
  const interval = differenceOf({ successes: 56, trials: 70 }, { successes: 48, trials: 80 });
  expect(interval?.low).toBeCloseTo(0.0524, 3);
  expect(interval?.high).toBeCloseTo(0.3339, 3);
  expect(differenceOf({ successes: 3, trials: 2 }, { successes: 1, trials: 2 })).toBeNull();
});

test('the median is the middle, or the mean of the two in the middle', () => {
  expect(median([])).toBeNull();
  expect(median([3])).toBe(3);
  expect(median([10, 1, 2])).toBe(2);
  expect(median([10, 1, 2, 4])).toBe(3);
});

test('too few is fewer than 10 for a ratio, and fewer than 6 for a median', () => {
  expect(samplesMin).toEqual({ ratio: 10, median: 6 });
  expect([9, 10].map(trials => tooFew(trials))).toEqual([true, false]);
  expect([5, 6].map(trials => tooFew(trials, 'median'))).toEqual([true, false]);
});

test('counts differ by chance as far as their roots differ by less than 0.98', () => {
  expect(withinChance(4, 4)).toBe(true);
  expect(withinChance(7, 4)).toBe(true);
  expect(withinChance(9, 4)).toBe(false);
  expect(withinChance(0, 1)).toBe(false);
  expect(withinChance(90, 100)).toBe(true);
  expect(withinChance(70, 100)).toBe(false);
});
