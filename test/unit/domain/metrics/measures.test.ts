import { expect, test } from 'vitest';
import { definitions } from '../../../../domain/metrics/definitions.ts';
import { families } from '../../../../domain/metrics/families.ts';
import {
  findings,
  measureNames,
  measureOf,
  measureSet,
  measures,
  metricMeasures,
} from '../../../../domain/metrics/measures.ts';
import { recipeOf } from '../../../../domain/metrics/receipts.ts';

// Observations are stored under these numbers: to change one is to migrate every observation.
test('the measures keep the numbers under which they are stored', () => {
  const stored = [
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
  ] as const;
  expect(stored.map(name => measures[name].id)).toEqual([...stored.keys()]);
});

test('every measure has an id of its own that fits the column, and is found by it', () => {
  const ids = measureNames.map(name => measures[name].id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(Number.isInteger(id) && id >= 0 && id < 2 ** 15).toBe(true);
  expect(ids.map(measureOf)).toEqual(measureNames);
  expect(() => measureOf(32_000)).toThrow('measure 32000');
});

test('findings are told apart from what metrics are made of by their role, not by their position', () => {
  expect(findings).toEqual([
    'merge_unknown',
    'merged_after_exposure',
    'rollback_unexposed',
    'blame_inferred',
    'blame_unknown',
    'resolution_undetected',
  ]);
  for (const name of measureNames)
    expect(metricMeasures.some(measure => measure === name)).toBe(measures[name].role === 'metric');
});

test('every measure that is no finding makes a metric, and no finding does', () => {
  const used = new Set(
    families.flatMap(({ series }) =>
      series.flatMap(({ formula }) => recipeOf(formula).parts.flatMap(({ of }) => of)),
    ),
  );
  expect([...used].toSorted()).toEqual(metricMeasures.toSorted());
  expect(definitions.length).toBeGreaterThan(0);
});

test('the same measures are the same set', () => {
  expect(measureSet('contained', 'escaped')).toBe(measureSet('contained', 'escaped'));
  expect(measureSet('contained')).not.toBe(measureSet('escaped'));
});
