import { expect, test } from 'vitest';
import { type GateRule, judge } from '../../../../cli/gate/judge.ts';

const metrics = ({ ratio = 0.2, exposed = 20, open = 0, age = 1, service = 'checkout' } = {}) =>
  [
    '# TYPE dora_exposed_changes gauge',
    `dora_exposed_changes{service="${service}",team="web",environment="production",window="7d"} 1`,
    `dora_exposed_changes{service="${service}",team="web",environment="production",window="30d"} ${exposed}`,
    `dora_change_failure_ratio{service="${service}",team="web",environment="production",window="30d"} ${ratio}`,
    `dora_open_incidents{service="${service}",team="web",environment="production"} ${open}`,
    `dora_open_incidents{service="other",team="web",environment="production"} 9`,
    `firstlight_snapshot_age_seconds ${age}`,
    '',
  ].join('\n');

const rule = (changed: Partial<GateRule> = {}): GateRule => ({
  service: 'checkout',
  environment: 'production',
  window: '30d',
  maxChangeFailureRatio: null,
  maxOpenIncidents: null,
  minSamples: 10,
  ...changed,
});

test.each([
  [0.2, true],
  [0.25, true],
  [0.1999, false],
])('a change failure ratio of 0.2 with at most %f: open is %s', (maxChangeFailureRatio, open) => {
  expect(judge(metrics(), rule({ maxChangeFailureRatio })).open).toBe(open);
});

test('a closed gate states the ratio, its samples and the threshold', () => {
  const { reasons } = judge(metrics(), rule({ maxChangeFailureRatio: 0.1 }));
  expect(reasons).toEqual(['  change failure ratio: 0.200 of 20 rollouts in 30d, more than 0.1']);
});

test('too few rollouts do not close the gate', () => {
  const { open, reasons } = judge(metrics({ exposed: 9, ratio: 1 }), rule({ maxChangeFailureRatio: 0.1 }));
  expect(open).toBe(true);
  expect(reasons.join()).toContain('too few to judge');
});

test('only the open incidents of the service count', () => {
  expect(judge(metrics(), rule({ maxOpenIncidents: 0 })).open).toBe(true);
  expect(judge(metrics({ open: 1 }), rule({ maxOpenIncidents: 0 })).open).toBe(false);
  expect(judge(metrics({ open: 1 }), rule({ maxOpenIncidents: 1 })).open).toBe(true);
});

test('one of two numbers is enough to close the gate', () => {
  const verdict = judge(metrics({ open: 1 }), rule({ maxOpenIncidents: 0, maxChangeFailureRatio: 0.5 }));
  expect(verdict.open).toBe(false);
  expect(verdict.reasons).toHaveLength(2);
});

test('the gate of an unknown service is open, with an explanation', () => {
  const verdict = judge(metrics(), rule({ service: 'chekout', maxOpenIncidents: 0 }));
  expect(verdict.open).toBe(true);
  expect(verdict.reasons.join()).toContain('nothing is known of chekout in production');
});

test('a service with quotes and backslashes in its name is found', () => {
  const text = metrics({ open: 2, service: String.raw`a\\b\"c,d=\"e` });
  expect(judge(text, rule({ service: String.raw`a\b"c,d="e`, maxOpenIncidents: 0 })).open).toBe(false);
});

test('old numbers and the metrics of another program are errors', () => {
  const judging = (text: string) => () => judge(text, rule({ maxOpenIncidents: 0 }));
  expect(judging(metrics({ age: 900 }))).toThrow(/15 minutes old/);
  expect(judging('up 1\n')).toThrow(/--url/);
});
