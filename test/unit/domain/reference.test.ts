import { describe, expect, test } from 'vitest';
import { windows } from '../../../domain/metrics/definitions.ts';
import { families } from '../../../domain/metrics/families.ts';
import { reference } from '../../../domain/reference.ts';
import { eventsOf, now } from '../../support/histories/histories.ts';
import { scenarios } from '../../support/scenarios/all.ts';
import { disagreements, eventsIn } from '../../support/scenarios/scenario.ts';

const question = { now, windowDays: windows, attributionWindowMs: 3_600_000 };
const answersTo = (history: string, asked = question) => reference(eventsOf(eventsIn(history)), asked);

describe.each(Object.entries(scenarios))('%s', (_subject, examples) => {
  test.each(examples)('$name', scenario => {
    expect(disagreements(answersTo(scenario.history), scenario)).toEqual([]);
  });
});

describe('the answers', () => {
  // Every number of the product has a sample in it.
  const busy = `
    05-19 06:00  change_created      change=c1 team=red
    05-19 07:00  change_merged       change=c1
    05-19 08:00  change_exposed      rollout=r1 change=c1
    05-19 08:10  incident_detected   incident=i1
    05-19 08:20  incident_resolved   incident=i1
    05-19 09:00  change_exposed      rollout=r2 change=c2
    05-19 09:10  change_rolled_back  rollout=r2`;

  // What is promised is held to docs/metrics.md by the test of the definitions.
  const windowed = families.flatMap(({ name, series }) =>
    series.map(({ labels }) => {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}",`);
      return `${name}{${pairs.join('')}`;
    }),
  );
  const totals = ['rollouts_total{outcome="exposed",', 'rollouts_total{outcome="rolled_back",'];

  test.each([
    { scope: 'dora_', of: ['service="checkout"', 'team="red"'], counters: totals },
    { scope: 'dora_team_', of: ['team="red"'], counters: [] },
    { scope: 'dora_fleet_', of: [], counters: totals },
  ])('are the series that are promised and no others, for $scope', ({ scope, of, counters }) => {
    const labels = ['environment="production"', ...of];
    const expected = [
      ...windowed.flatMap(series =>
        ['7d', '30d', '90d'].map(window => `${series}${[...labels, `window="${window}"`].join(',')}}`),
      ),
      ...['open_incidents{', ...counters].map(series => `${series}${labels.join(',')}}`),
    ].map(series => sorted(`${scope}${series}`));
    const shown = [...answersTo(busy).keys()].filter(series => scopeOf(series) === scope);
    expect(shown.map(sorted).sort()).toEqual(expected.sort());
  });

  test('take the first stored of two events that claim one identity', () => {
    const first = '05-19 08:00  change_exposed  id=1 source=ci rollout=r1 change=c1 weight=5';
    const second = '05-19 08:00  change_exposed  id=1 source=ci rollout=r2 change=c2';
    const other = '05-19 08:00  change_exposed  id=1 source=cd rollout=r3 change=c3';
    const shows = (exposed: number, progressive: string) => ({
      name: '',
      history: '',
      shows: `exposed_changes  ${exposed}\n progressive_ratio  ${progressive}`,
    });
    expect(disagreements(answersTo(`${first}\n${second}\n${first}`), shows(1, '1'))).toEqual([]);
    expect(disagreements(answersTo(`${second}\n${first}`), shows(1, '0'))).toEqual([]);
    expect(disagreements(answersTo(`${second}\n${other}`), shows(2, '0'))).toEqual([]);
  });

  test('incidents are attributed by inference within the given hours', () => {
    const history = `
      05-19 08:00  change_exposed     rollout=r1 change=c1
      05-19 10:00  incident_detected  incident=i1
      05-19 10:20  incident_resolved  incident=i1`;
    const within = (hours: number) =>
      answersTo(history, { ...question, attributionWindowMs: hours * 3_600_000 }).get(
        'dora_intervention_ratio{environment="production",service="checkout",team="",window="7d"}',
      );
    expect([within(1), within(2)]).toEqual([0, 1]);
  });

  test('of no events are none', () => {
    expect(answersTo('')).toEqual(new Map());
  });
});

const scopeOf = (series: string) => /^dora_(team_|fleet_)?/.exec(series)?.[0];

/** The series with its labels in alphabetical order. */
function sorted(series: string): string {
  const [, name = '', labels = ''] = /^([a-z_]+)\{(.*)\}$/.exec(series) ?? [];
  return `${name}{${labels.split(',').sort().join(',')}}`;
}
