import { describe, expect, test } from 'vitest';
import { counted, days, duration, percent, rate } from '../../../../../services/metrics/web/words.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('the words of the page', () => {
  test.each([
    [null, '–'],
    [0, '0 s'],
    [0.4, '< 1 s'],
    [45, '45 s'],
    [90, '1 min 30 s'],
    [599.7, '10 min'],
    [2244, '37 min'],
    [3599.9, '1 h'],
    [86_399, '1 d'],
    [11_520, '3 h 12 min'],
    [86_400, '1 d'],
    [187_200, '2 d 4 h'],
    [34_560_000, '400 d'],
  ])('a duration of %s seconds is %s', (seconds, words) => {
    expect(plain(duration(seconds))).toBe(words);
  });

  test.each([
    [null, '–'],
    [0, '0 %'],
    [0.0004, '< 0.1 %'],
    [0.004, '0.4 %'],
    [3 / 37, '8 %'],
    [1.5, '150 %'],
  ])('a ratio of %s is %s', (ratio, words) => {
    expect(plain(percent(ratio))).toBe(words);
  });

  test.each([
    [null, '–'],
    [0.001, '< 0.01'],
    [2 / 7, '0.29'],
    [5.286, '5.3'],
    [120.4, '120'],
  ])('a rate of %s per day is %s', (perDay, words) => {
    expect(plain(rate(perDay))).toBe(words);
  });

  test('counts agree with their noun, and 0 is said in words', () => {
    expect([0, 1, 41].map(count => plain(counted(count, 'change')))).toEqual([
      'no changes',
      '1 change',
      '41 changes',
    ]);
  });

  test('a week is named by its first and last day in the zone', () => {
    const range = days(
      Date.parse('2026-11-15T23:00:00Z'),
      Date.parse('2026-11-22T23:00:00Z'),
      'Europe/Berlin',
    );
    expect(plain(range)).toMatch(/^16\s?–\s?22 Nov$/);
  });
});
