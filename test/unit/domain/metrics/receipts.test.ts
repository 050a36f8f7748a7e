import { describe, expect, test } from 'vitest';
import { families, familyOf } from '../../../../domain/metrics/families.ts';
import { measureSet } from '../../../../domain/metrics/measures.ts';
import { partNamesOf, reasonsOf, recipeOf } from '../../../../domain/metrics/receipts.ts';

const recipe = (name: string, index = 0) => {
  const series = familyOf(name)?.series[index];
  if (!series) throw new Error(`there is no ${name}`);
  return recipeOf(series.formula);
};

describe('the recipe of a number is read off its definition', () => {
  test.each([
    ['exposed_changes', 'count', [['samples', 'exposed']]],
    [
      'change_failure_ratio',
      'ratio',
      [
        ['numerator', 'contained', 'escaped'],
        ['denominator', 'exposed'],
      ],
    ],
    ['lead_time_seconds', 'quantile', [['samples', 'lead_time']]],
    ['lead_time_mean_seconds', 'mean', [['samples', 'lead_time']]],
    ['recovery_time_samples', 'count', [['samples', 'outage_recovered', 'rollback_recovered']]],
    ['deployments_per_day', 'per_day', [['samples', 'exposed']]],
    ['failed_exposure_seconds', 'sum', [['samples', 'contained', 'escaped']]],
  ])('%s', (name, way, parts) => {
    const found = recipe(name);
    expect(found.way).toBe(way);
    expect(found.parts.map(({ part, of }) => [part, ...of])).toEqual(parts);
  });

  test('a quantile has its rank', () => {
    expect(recipe('lead_time_seconds', 0).rank).toBe(0.5);
    expect(recipe('lead_time_seconds', 1).rank).toBe(0.9);
  });

  test('every series of every metric looks at something', () => {
    for (const family of families)
      for (const { formula } of family.series)
        expect(recipeOf(formula).parts.flatMap(({ of }) => of).length, family.name).toBeGreaterThan(0);
  });

  test('a ratio has the parts that it names, whatever they are, and the reasons of both', () => {
    const contained = measureSet('contained');
    const found = recipeOf({
      way: 'ratio',
      numerator: contained,
      denominator: measureSet('contained', 'escaped'),
    });
    expect(found.parts).toMatchObject([
      { part: 'numerator', of: ['contained'] },
      { part: 'denominator', of: ['contained', 'escaped'] },
    ]);
    expect(Object.fromEntries(partNamesOf(found))).toEqual({
      contained: ['numerator', 'denominator'],
      escaped: ['denominator'],
    });
    expect(reasonsOf(found)).toEqual(['rollback_unexposed', 'drill_rolled_back', 'return_rolled_back']);
    const ofOutages = recipeOf({ way: 'ratio', numerator: measureSet('restored'), denominator: contained });
    expect(ofOutages.parts).toMatchObject([{ of: ['restored'] }, { of: ['contained'] }]);
    expect(reasonsOf(ofOutages)).toContain('open');
  });
});

test('what may be left out of a ratio is what may be left out of either side', () => {
  expect(reasonsOf(recipe('change_failure_ratio'))).toEqual([
    'rollback_unexposed',
    'drill_exposed',
    'drill_rolled_back',
    'return_exposed',
    'return_rolled_back',
  ]);
});
