import { expect, test } from 'vitest';
import { printReceipt } from '../../../../cli/receipts/table.ts';
import type { Receipt } from '../../../../services/metrics/receipts/receipt.ts';

const receipt: Receipt = {
  metric: 'change_failure_ratio',
  labels: {},
  help: '',
  service: null,
  team: null,
  environment: 'production',
  window: '7d',
  week: null,
  from: '2026-05-13T12:00:00.000Z',
  to: '2026-05-20T12:00:00.000Z',
  timezone: 'UTC',
  value: 0.5,
  way: 'ratio',
  rank: null,
  parts: [
    { part: 'numerator', of: ['rolled_back'], count: 1 },
    { part: 'denominator', of: ['exposed'], count: 2 },
  ],
  counted: { items: [], next: null },
  leftOut: { items: [], next: null },
};

const rollout = (name: string, service: string, part: 'numerator' | 'denominator') => ({
  part,
  measure: 'exposed',
  value: 1,
  at: '2026-05-18T10:00:00.000Z',
  service,
  team: '',
  environment: 'production',
  rollout: {
    name,
    exposed: null,
    full: null,
    rolledBack: null,
    returnedBy: null,
    drill: false,
    return: false,
    changes: [],
    artifacts: [],
  },
  events: [],
  moreEvents: false,
});

const linesFrom = (printed: string, heading: string) => {
  const lines = printed.split('\n');
  return lines.slice(lines.indexOf(heading) + 1);
};

test('the columns are aligned, and the service is a column if there are several', () => {
  const items = [rollout('r1', 'checkout', 'numerator'), rollout('r2', 'web', 'denominator')];
  const rows = linesFrom(printReceipt({ ...receipt, counted: { items, next: null } }), 'Counted:');
  expect(rows[0]).toMatch(/^ {2}2026-05-18T10:00:00\.000Z {2}numerator {4}checkout {2}rollout r1/);
  expect(rows[1]).toMatch(/^ {2}2026-05-18T10:00:00\.000Z {2}denominator {2}web {7}rollout r2/);
});

test('a column without any value is left out', () => {
  const items = [rollout('r1', 'checkout', 'numerator')];
  const printed = printReceipt({ ...receipt, service: 'checkout', counted: { items, next: null } });
  expect(linesFrom(printed, 'Counted:')[0]).toMatch(/Z {2}numerator {2}rollout r1/);
  expect(printed.split('\n')[1]).toBe(
    'checkout, production, 7d: 2026-05-13T12:00:00.000Z to 2026-05-20T12:00:00.000Z',
  );
});

test('an empty list says so, and a list with a next page names the cursor', () => {
  const items = [rollout('r1', 'checkout', 'numerator')];
  const printed = printReceipt({ ...receipt, counted: { items, next: 'abc' } });
  expect(linesFrom(printed, 'Left out:')).toEqual(['  nothing']);
  expect(printed).toContain('--all, or --cursor abc');
});

test('control characters in names do not reach the terminal', () => {
  const items = [rollout('\u001b[31m\u202er\n1', 'checkout', 'numerator')];
  const printed = printReceipt({ ...receipt, team: 'a\u0007b', counted: { items, next: null } });
  for (const character of ['\u0007', '\u001b', '\u202e']) expect(printed).not.toContain(character);
  expect(printed).toContain('rollout \ufffd[31m\ufffdr\ufffd1');
});
