import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  dayMs,
  definitions,
  openIncidents,
  rolloutsTotal,
  windowDaysMax,
  windows,
} from '../../../../domain/metrics/definitions.ts';
import { families, headlines } from '../../../../domain/metrics/families.ts';
import { type Aggregates, basisOf, compute, readsOf } from '../../../../domain/metrics/interpret.ts';
import { type MeasureSet, measureSet, metricMeasures } from '../../../../domain/metrics/measures.ts';

/** `rolled_back_changes containment=contained` */
const labelled = families.flatMap(({ name, series }) =>
  series.map(({ labels }) =>
    [name, ...Object.entries(labels).map(([label, value]) => `${label}=${value}`)].join(' '),
  ),
);

describe('the metrics', () => {
  test('that were promised are there, with their labels', () => {
    const promised = [
      'exposed_changes',
      'rolled_back_changes containment=contained',
      'rolled_back_changes containment=escaped',
      'change_failure_ratio',
      'intervention_ratio',
      'lead_time_seconds quantile=0.5',
      'lead_time_seconds quantile=0.9',
      'lead_time_mean_seconds',
      'lead_time_samples',
      'time_to_restore_seconds quantile=0.5',
      'time_to_restore_seconds quantile=0.9',
      'time_to_restore_mean_seconds',
      'time_to_restore_samples',
      'recovery_time_seconds quantile=0.5',
      'recovery_time_seconds quantile=0.9',
      'recovery_time_mean_seconds',
      'recovery_time_samples',
      'stage_seconds stage=created_to_merged quantile=0.5',
      'stage_seconds stage=created_to_merged quantile=0.9',
      'stage_seconds stage=merged_to_exposed quantile=0.5',
      'stage_seconds stage=merged_to_exposed quantile=0.9',
      'stage_seconds stage=exposed_to_full quantile=0.5',
      'stage_seconds stage=exposed_to_full quantile=0.9',
      'deployments_per_day',
      'rework_ratio',
      'progressive_ratio',
      'failed_exposure_seconds',
    ];
    const names = new Set(promised.map(series => series.split(' ')[0]));
    const ofPromised = labelled.filter(series => names.has(series.split(' ')[0]));
    expect(ofPromised.toSorted()).toEqual(promised.toSorted());
    expect([openIncidents.name, rolloutsTotal.name, ...rolloutsTotal.outcomes]).toEqual([
      'open_incidents',
      'rollouts_total',
      'exposed',
      'rolled_back',
    ]);
  });

  test('are those that docs/metrics.md lists, and no others', () => {
    const text = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
    const [, section = ''] = /^## The numbers$(.*?)^## /ms.exec(text) ?? [];
    const listed = [...section.matchAll(/^\| `(\w+)(_…)?` \|/gm)].flatMap(([, name = '', isStem]) =>
      isStem === undefined
        ? [name]
        : families.filter(({ definition }) => definition.name === name).map(family => family.name),
    );
    const all = [...families, openIncidents, rolloutsTotal].map(({ name }) => name);
    expect(listed.toSorted()).toEqual(all.toSorted());
  });

  test('are each defined once and explained in a sentence', () => {
    expect(new Set(labelled).size).toBe(labelled.length);
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    for (const { title, help } of [...families, openIncidents, rolloutsTotal]) {
      expect(title).toMatch(/^[A-Z]/);
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('are named by their unit', () => {
    const endings = {
      seconds: /_seconds$/,
      ratio: /_ratio$/,
      per_day: /_per_day$/,
      count: /_(changes|samples)$/,
    };
    for (const { name, unit } of families) expect(name).toMatch(endings[unit]);
  });

  test('are taken over 7, 30 and 90 days', () => {
    expect([windows, windowDaysMax, dayMs]).toEqual([[7, 30, 90], 90, 24 * 60 * 60 * 1000]);
  });

  const shownOf = (aggregates: Aggregates) =>
    Object.fromEntries(
      families.flatMap(({ name, series }) =>
        series.map(({ labels, formula }) => [
          [name, ...Object.values(labels)].join(' '),
          compute(formula, aggregates),
        ]),
      ),
    );

  test('of nothing are zero counts, without any ratio, quantile or mean', () => {
    const shown = shownOf({ count: () => 0, sum: () => 0, quantile: () => null, days: 7 });
    const ways = families.flatMap(({ series }) => series.map(({ formula }) => formula.way));
    const isNothing = (way: string) => ['ratio', 'quantile', 'mean'].includes(way);
    expect(Object.values(shown)).toEqual(ways.map(way => (isNothing(way) ? null : 0)));
    expect(shown).toMatchObject({
      exposed_changes: 0,
      'rolled_back_changes contained': 0,
      'rolled_back_changes escaped': 0,
      change_failure_ratio: null,
      'lead_time_seconds 0.5': null,
      lead_time_mean_seconds: null,
      lead_time_samples: 0,
      time_to_restore_samples: 0,
      recovery_time_samples: 0,
      deployments_per_day: 0,
      failed_exposure_seconds: 0,
    });
  });

  test('follow from their samples, in seconds', () => {
    const counts: Partial<Record<string, number>> = {
      exposed: 8,
      progressive: 6,
      reworked: 2,
      intervened: 4,
      contained: 3,
      escaped: 9,
      lead_time: 5,
      restored: 4,
      outage_recovered: 3,
      rollback_recovered: 2,
    };
    const sums: Partial<Record<string, number>> = {
      contained: 60_000,
      escaped: 5_500,
      lead_time: 10_000,
      restored: 2_000,
      outage_recovered: 30_000,
      rollback_recovered: 20_000,
    };
    const total = (of: Partial<Record<string, number>>, { measures }: MeasureSet) =>
      measures.reduce((sum, name) => sum + (of[name] ?? 0), 0);
    const quantiles: Partial<Record<string, number>> = {
      lead_time: 1,
      restored: 2,
      'outage_recovered rollback_recovered': 3,
      created_to_merged: 4,
      exposed_to_full: 5,
    };
    const aggregates: Aggregates = {
      count: of => total(counts, of),
      sum: of => total(sums, of),
      quantile: (rank, { measures }) => (quantiles[measures.join(' ')] ?? Number.NaN) * 10_000 + rank * 1000,
      days: 16,
    };
    // A metric that is added is held to its definition by the tests of the interpreter, and to the reference by those of the store.
    expect(shownOf(aggregates)).toMatchObject({
      exposed_changes: 8,
      'rolled_back_changes contained': 3,
      'rolled_back_changes escaped': 9,
      change_failure_ratio: 1.5,
      intervention_ratio: 0.5,
      'lead_time_seconds 0.5': 10.5,
      'lead_time_seconds 0.9': 10.9,
      lead_time_mean_seconds: 2,
      lead_time_samples: 5,
      'time_to_restore_seconds 0.5': 20.5,
      'time_to_restore_seconds 0.9': 20.9,
      time_to_restore_mean_seconds: 0.5,
      time_to_restore_samples: 4,
      'recovery_time_seconds 0.5': 30.5,
      'recovery_time_seconds 0.9': 30.9,
      recovery_time_mean_seconds: 10,
      recovery_time_samples: 5,
      'stage_seconds created_to_merged 0.5': 40.5,
      'stage_seconds created_to_merged 0.9': 40.9,
      'stage_seconds merged_to_exposed 0.5': 10.5,
      'stage_seconds merged_to_exposed 0.9': 10.9,
      'stage_seconds exposed_to_full 0.5': 50.5,
      'stage_seconds exposed_to_full 0.9': 50.9,
      deployments_per_day: 0.5,
      rework_ratio: 0.25,
      progressive_ratio: 0.75,
      failed_exposure_seconds: 65.5,
    });
  });
});

describe('a formula', () => {
  // Each measure has a count and a sum of its own, so that no number can be made of the wrong one.
  const countOf = ({ measures }: MeasureSet) =>
    measures.reduce((sum, measure) => sum + 2 ** metricMeasures.indexOf(measure), 0);
  const aggregates: Aggregates = {
    days: 4,
    count: countOf,
    sum: of => 3000 * countOf(of),
    quantile: (rank, of) => rank * 10_000 * countOf(of),
  };
  const of = measureSet('contained', 'escaped');
  const outages = measureSet('restored');

  test.each([
    [{ way: 'count', of }, 16 + 32, { samples: 48, successes: null }],
    [{ way: 'sum', of }, 3 * 48, { samples: 48, successes: null }],
    [{ way: 'per_day', of }, 12, { samples: 48, successes: null }],
    [{ way: 'mean', of }, 3, { samples: 48, successes: null }],
    [{ way: 'quantile', of, rank: 0.9 }, 9 * 48, { samples: 48, successes: null }],
    // A ratio need not be over the exposed rollouts.
    [{ way: 'ratio', numerator: of, denominator: outages }, 48 / 512, { samples: 512, successes: 48 }],
  ] as const)('%j is computed as it says', (formula, value, basis) => {
    expect(compute(formula, aggregates)).toBe(value);
    expect(basisOf(formula, aggregates)).toEqual(basis);
  });

  test('reads no more and no less than it announces', () => {
    for (const { name, series } of families) {
      const formulas = series.map(({ formula }) => formula);
      const { measures, ranked } = readsOf(formulas);
      const read = { measures: new Set<string>(), ranked: new Set<MeasureSet>() };
      const note = (set: MeasureSet) => {
        for (const measure of set.measures) read.measures.add(measure);
        return 1;
      };
      const notes: Aggregates = {
        days: 1,
        count: note,
        sum: note,
        quantile: (_rank, set) => {
          read.ranked.add(set);
          return 1;
        },
      };
      for (const formula of formulas) compute(formula, notes);
      expect(read, name).toEqual({ measures, ranked });
    }
  });
});

test('the headlines are those that people know, each with a better direction', () => {
  expect(headlines.map(({ family }) => family.name)).toEqual([
    'change_failure_ratio',
    'lead_time_seconds',
    'time_to_restore_seconds',
    'deployments_per_day',
    'rework_ratio',
    'recovery_time_seconds',
  ]);
  for (const { definition } of headlines) expect(definition.better).not.toBeNull();
  expect(definitions.filter(of => 'headline' in of)).toHaveLength(headlines.length);
});
