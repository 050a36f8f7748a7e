import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTime, normalizeTime, parseTime } from '../../../../domain/events/time.ts';
import { runs } from '../../../support/run/properties.ts';

describe('an RFC 3339 time', () => {
  test.each([
    ['2026-05-04T09:30:00Z', '2026-05-04T09:30:00.000Z'],
    ['2026-05-04t09:30:00z', '2026-05-04T09:30:00.000Z'],
    ['2026-05-04T11:30:00+02:00', '2026-05-04T09:30:00.000Z'],
    ['2026-05-04T00:30:00-09:30', '2026-05-04T10:00:00.000Z'],
    ['2026-05-04T09:30:00.5Z', '2026-05-04T09:30:00.500Z'],
    ['2026-05-04T09:30:00.123999999Z', '2026-05-04T09:30:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00.000Z'],
    ['2026-12-31T23:00:00-01:00', '2027-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, time) => {
    const ms = parseTime(text);
    expect(ms === null ? null : formatTime(ms)).toBe(time);
  });

  test.each([
    '2026-05-04T09:30:00',
    '2026-05-04 09:30:00Z',
    '2026-05-04',
    '2026-05-04T09:30Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-05-04T24:00:00Z',
    '2026-05-04T09:60:00Z',
    '2026-05-04T09:30:61Z',
    '2026-05-04T09:30:00.Z',
    '2026-05-04T09:30:00+24:00',
    '2026-05-04T09:30:00+0200',
    '2026-05-04T09:30:00 Z',
    ' 2026-05-04T09:30:00Z',
    '2026-05-04T09:30:00Z\n',
    '１２３４-05-04T09:30:00Z',
    'Mon, 04 May 2026 09:30:00 GMT',
    '1777887000',
    '',
  ])('%j is no RFC 3339 time', text => expect(parseTime(text)).toBeNull());

  test('every time of four-digit years is parsed as it was formatted', () => {
    const bounds = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };
    fc.assert(
      fc.property(fc.date({ ...bounds, noInvalidDate: true }), date => {
        expect(parseTime(formatTime(date.getTime()))).toBe(date.getTime());
      }),
    );
  });

  test('the usual form of a time is parsed like any other form', () => {
    const two = (max: number) => fc.integer({ min: 0, max }).map(number => String(number).padStart(2, '0'));
    const parts = fc.tuple(
      fc.integer({ min: 0, max: 9_999 }).map(year => String(year).padStart(4, '0')),
      ...[13, 32, 24, 60, 61].map(two),
      fc.constantFrom('', '.000', '.007', '.999', '.1x3', 'x123'),
    );
    fc.assert(
      fc.property(parts, ([year, month, day, hour, minute, second, fraction]) => {
        const text = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}`;
        // An offset of zero is not the usual form.
        const at = parseTime(`${text}+00:00`);
        expect(parseTime(`${text}Z`)).toBe(at);
        expect(normalizeTime(`${text}Z`)).toBe(at === null ? null : formatTime(at));
      }),
      { numRuns: runs(2_000) },
    );
  });

  test('any text is a time or null, and never an error', () => {
    fc.assert(fc.property(fc.string(), text => void parseTime(text)));
  });
});
