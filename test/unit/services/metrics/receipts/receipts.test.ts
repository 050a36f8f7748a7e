import { describe, expect, test } from 'vitest';
import { printReceipt } from '../../../../../cli/receipts/table.ts';
import { formatTime } from '../../../../../domain/events/time.ts';
import { formatCursor, readCursor } from '../../../../../services/metrics/receipts/cursor.ts';
import type { Receipt } from '../../../../../services/metrics/receipts/receipt.ts';
import { receiptPage } from '../../../../../services/metrics/receipts/receipt-page.ts';
import { weekOf } from '../../../../../services/metrics/report/weeks.ts';

const week = (label: string, zone = 'UTC') => {
  const found = weekOf(label, zone);
  return found && [formatTime(found.from), formatTime(found.to)];
};

describe('a week', () => {
  test('is from Monday to Monday', () => {
    expect(week('2026-W47')).toEqual(['2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z']);
    expect(week('2026-W01')?.[0]).toBe('2025-12-29T00:00:00.000Z');
    expect(week('2026-W53')?.[1]).toBe('2027-01-04T00:00:00.000Z');
  });

  test('is an hour longer or shorter where the clocks change', () => {
    expect(week('2026-W43', 'Europe/Berlin')).toEqual([
      '2026-10-18T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
    expect(week('2026-W13', 'Europe/Berlin')).toEqual([
      '2026-03-22T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
  });

  test.each(['2025-W53', '2026-W00', '2026-W54', '1999-W10', '2026-47', 'W47', ''])('is not "%s"', label => {
    expect(weekOf(label, 'UTC')).toBe(null);
  });
});

describe('a cursor', () => {
  const cursor = {
    list: 'leftOut',
    to: 1_700_000_000_000,
    position: { stream: 3, kind: 'drill_exposed', subject: 7, at: 1_690_000_000_123, value: 0 },
  } as const;

  test('is read as it was formatted', () => {
    expect(readCursor(formatCursor(cursor))).toEqual(cursor);
  });

  test.each([
    '',
    'x',
    '%',
    formatCursor(cursor).slice(1),
    Buffer.from('[1,2,3,4,5,6,7]').toString('base64url'),
  ])('is not "%s"', text => {
    expect(readCursor(text)).toBe(null);
  });
});

const hostile = `<script>alert("x")</script>'&\u202eevil\u001b[31m${'n'.repeat(200)}`;
const receipt: Receipt = {
  metric: 'lead_time_seconds',
  labels: { quantile: '0.5' },
  help: 'Lead time',
  service: null,
  team: hostile,
  environment: hostile,
  window: '7d',
  week: null,
  from: '2026-05-13T12:00:00.000Z',
  to: '2026-05-20T12:00:00.000Z',
  timezone: 'UTC',
  value: 5400,
  way: 'quantile',
  rank: 0.5,
  parts: [{ part: 'samples', of: ['lead_time'], count: 1 }],
  counted: {
    items: [
      {
        part: 'samples',
        measure: 'lead_time',
        value: 5400,
        at: '2026-05-18T10:00:00.000Z',
        service: hostile,
        team: hostile,
        environment: hostile,
        change: { name: hostile, created: null, merged: null, rollout: hostile, exposed: null, full: null },
        events: [
          {
            type: 'change_merged',
            service: hostile,
            change: hostile,
            id: '1',
            source: 'test',
            time: '2026-05-18T09:00:00.000Z',
          },
        ],
        moreEvents: false,
      },
    ],
    next: null,
  },
  leftOut: { items: [], next: null },
};

describe('names from events', () => {
  test('are escaped on the page', () => {
    const html = receiptPage(receipt, { metric: 'lead_time_seconds', team: hostile });
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain(`/changes/${encodeURIComponent(hostile).replaceAll("'", '&#39;')}/`);
  });

  test('cannot control a terminal', () => {
    const text = printReceipt(receipt);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
    expect(text).toContain('Lead time, median: 1 h 30 min');
  });
});
