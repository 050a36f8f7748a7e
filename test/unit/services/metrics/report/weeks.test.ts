import { describe, expect, test } from 'vitest';
import { lastWeeks } from '../../../../../services/metrics/report/weeks.ts';

const hours = ({ from, to }: { from: number; to: number }) => (to - from) / 3_600_000;
const at = (text: string) => Date.parse(text);
const iso = (ms: number | undefined) => new Date(ms ?? Number.NaN).toISOString();

describe('the weeks of the report', () => {
  test('run from Monday to Monday, newest last, the running one marked as partial', () => {
    const weeks = lastWeeks(at('2026-11-21T12:00:00Z'), 3, 'UTC');
    expect(weeks.map(week => [week.label, iso(week.from), week.partial])).toEqual([
      ['2026-W45', '2026-11-02T00:00:00.000Z', false],
      ['2026-W46', '2026-11-09T00:00:00.000Z', false],
      ['2026-W47', '2026-11-16T00:00:00.000Z', true],
    ]);
    expect(iso(weeks[2]?.to)).toBe('2026-11-23T00:00:00.000Z');
  });

  test('touch without a gap, also where clocks change', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia']) {
      const weeks = lastWeeks(at('2026-11-21T12:00:00Z'), 53, zone);
      expect(weeks).toHaveLength(53);
      for (const [i, week] of weeks.slice(1).entries()) expect(week.from).toBe(weeks[i]?.to);
    }
  });

  test.each([
    ['Europe/Berlin', '2026-03-29T12:00:00Z', 167, '2026-03-22T23:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T12:00:00Z', 169, '2026-10-18T22:00:00.000Z'],
    ['America/New_York', '2026-03-08T12:00:00Z', 167, '2026-03-02T05:00:00.000Z'],
    ['America/New_York', '2026-11-01T12:00:00Z', 169, '2026-10-26T04:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-01T12:00:00Z', 168, '2026-10-25T18:15:00.000Z'],
  ])('in %s the week of %s has %d hours', (zone, now, length, from) => {
    const [week] = lastWeeks(at(now), 1, zone);
    expect(week && hours(week)).toBe(length);
    expect(iso(week?.from)).toBe(from);
  });

  test('begin at midnight of the zone, not of UTC', () => {
    const justBefore = lastWeeks(at('2026-11-15T22:59:59.999Z'), 1, 'Europe/Berlin');
    const justAfter = lastWeeks(at('2026-11-15T23:00:00Z'), 1, 'Europe/Berlin');
    expect(justBefore[0]?.label).toBe('2026-W46');
    expect(justAfter[0]?.label).toBe('2026-W47');
  });

  test('are numbered as ISO 8601 does around the new year', () => {
    expect(lastWeeks(at('2027-01-02T00:00:00Z'), 1, 'UTC')[0]?.label).toBe('2026-W53');
    expect(lastWeeks(at('2027-01-04T00:00:00Z'), 1, 'UTC')[0]?.label).toBe('2027-W01');
    expect(lastWeeks(at('2025-12-29T00:00:00Z'), 1, 'UTC')[0]?.label).toBe('2026-W01');
  });
});
