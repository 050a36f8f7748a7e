import { describe, expect, test } from 'vitest';
import {
  type Aggregates,
  dayMs,
  families,
  findings,
  measures,
  openIncidents,
  rolloutsTotal,
  windowDaysMax,
  windows,
} from '../../../../domain/metrics/definitions.ts';

describe('the metrics', () => {
  const labelled = families.flatMap(({ name, series }) =>
    series.map(({ labels }) =>
      [name, ...Object.entries(labels).map(([label, value]) => `${label}=${value}`)].join(' '),
    ),
  );

  test('are those that are promised, with their labels', () => {
    expect(labelled.toSorted()).toEqual(
      [
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
      ].toSorted(),
    );
    expect([openIncidents.name, rolloutsTotal.name, ...rolloutsTotal.outcomes]).toEqual([
      'open_incidents',
      'rollouts_total',
      'exposed',
      'rolled_back',
    ]);
  });

  test('are each defined once and explained in a sentence', () => {
    expect(new Set(labelled).size).toBe(labelled.length);
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    for (const { help } of [...families, openIncidents, rolloutsTotal]) expect(help).toMatch(/^[A-Z].*\.$/);
  });

  test('are taken over 7, 30 and 90 days', () => {
    expect([windows, windowDaysMax, dayMs]).toEqual([[7, 30, 90], 90, 24 * 60 * 60 * 1000]);
  });

  const shownOf = (tally: Aggregates) =>
    Object.fromEntries(
      families.flatMap(({ name, series }) =>
        series.map(({ labels, value }) => [[name, ...Object.values(labels)].join(' '), value(tally)]),
      ),
    );

  test('of nothing are zero counts, without any ratio, quantile or mean', () => {
    const shown = shownOf({ count: () => 0, sum: () => 0, quantile: () => null, days: 7 });
    const said = Object.entries(shown).filter(([, value]) => value !== null);
    expect(Object.fromEntries(said)).toEqual({
      exposed_changes: 0,
      'rolled_back_changes contained': 0,
      'rolled_back_changes escaped': 0,
      lead_time_samples: 0,
      time_to_restore_samples: 0,
      recovery_time_samples: 0,
      deployments_per_day: 0,
      failed_exposure_seconds: 0,
    });
  });

  test('follow from their samples, in seconds', () => {
    // Each measure has a count and a sum of its own, so that no number can be made of the wrong one.
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
    const total = (of: Partial<Record<string, number>>, names: readonly string[]) =>
      names.reduce((sum, name) => sum + (of[name] ?? 0), 0);
    const quantiles: Partial<Record<string, number>> = {
      lead_time: 1,
      restored: 2,
      'outage_recovered rollback_recovered': 3,
      created_to_merged: 4,
      exposed_to_full: 5,
    };
    const tally: Aggregates = {
      count: (...of) => total(counts, of),
      sum: (...of) => total(sums, of),
      quantile: (rank, ...of) => (quantiles[of.join(' ')] ?? Number.NaN) * 10_000 + rank * 1000,
      days: 16,
    };
    expect(shownOf(tally)).toEqual({
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

describe('the measures', () => {
  // A measure's position is its number in the database: a change of this list is a migration of every sample.
  test('keep the numbers under which they are stored', () => {
    expect(measures.slice(0, 18)).toEqual([
      'exposed',
      'progressive',
      'reworked',
      'intervened',
      'contained',
      'escaped',
      'lead_time',
      'created_to_merged',
      'exposed_to_full',
      'restored',
      'outage_recovered',
      'rollback_recovered',
      'merge_unknown',
      'merged_after_exposure',
      'rollback_unexposed',
      'blame_inferred',
      'blame_unknown',
      'resolution_undetected',
    ]);
  });

  test('that are findings are told apart from those that make numbers', () => {
    expect(findings).toEqual([
      'merge_unknown',
      'merged_after_exposure',
      'rollback_unexposed',
      'blame_inferred',
      'blame_unknown',
      'resolution_undetected',
    ]);
  });
});
