import { describe, expect, test } from 'vitest';
import { faultsOf } from '../../../../../domain/events/validate.ts';
import { ContextSample } from '../../../../../services/collector/evaluations/context-sample.ts';
import {
  type Estimate,
  type EvaluationLimits,
  Evaluations,
} from '../../../../../services/collector/evaluations/evaluations.ts';
import type { Evaluation } from '../../../../../services/collector/sources/otlp/flag-records.ts';

const start = Date.parse('2026-05-04T09:30:00Z');
const minute = 60_000;

const on: Evaluation = {
  service: 'checkout',
  environment: 'production',
  set: 'proj-1',
  flag: 'new-tax-engine',
  version: '42',
  variant: 'on',
  isSight: true,
  isNew: true,
  change: 'acme/shop#42',
  context: 'user-1',
  at: start,
};
const off: Evaluation = { ...on, variant: 'off', isNew: false };

/** One evaluation per user; the first `newOnes` users are served the new variant. */
function users(all: number, newOnes: number, at: number, template: Partial<Evaluation> = {}): Evaluation[] {
  return Array.from({ length: all }, (_, index) => ({
    ...(index < newOnes ? on : off),
    ...template,
    context: `user-${index}`,
    at,
  }));
}

/** The events in short, one line each. */
function lines(estimates: readonly Estimate[]): string[] {
  return estimates.map(({ event, at }) => {
    expect(faultsOf(event)).toEqual([]);
    const time = new Date(at).toISOString().slice(11, 19);
    if (event.type === 'flag_changed') return `${time} ${event.flag} ${event.variant}`;
    return event.type === 'change_exposed' ? `${time} ${event.rollout} ${event.weight}` : event.type;
  });
}

describe('first sights', () => {
  test('of each variant and version give one event, and of a new variant also an exposure of unknown share', () => {
    const evaluations = new Evaluations();
    const reported = evaluations.take([on, off, on, { ...on, version: '43' }], start);
    expect(lines(reported)).toEqual([
      '09:30:00 new-tax-engine on',
      '09:30:00 flag:new-tax-engine:acme/shop#42 1',
      '09:30:00 new-tax-engine off',
      '09:30:00 new-tax-engine on',
    ]);
    expect(reported[1]?.event).toEqual({
      type: 'change_exposed',
      id: expect.any(String),
      source: 'otlp-logs/checkout',
      service: 'checkout',
      environment: 'production',
      change: 'acme/shop#42',
      rollout: 'flag:new-tax-engine:acme/shop#42',
      strategy: 'flag',
      weight: 1,
    });
    expect(evaluations.take([on, off], start + 90 * minute)).toEqual([]);
  });

  test('are the same events in every process within the hour, and others in the next', () => {
    const reported = (at: number) => new Evaluations().take([{ ...on, at }], at).map(({ event }) => event);
    expect(reported(start + 1)).toEqual(reported(start));
    expect(reported(start + 30 * minute).map(({ id }) => id)).not.toEqual(
      reported(start).map(({ id }) => id),
    );
  });

  test('of a flag that releases no change expose nothing', () =>
    expect(lines(new Evaluations().take([{ ...on, change: null }], start))).toEqual([
      '09:30:00 new-tax-engine on',
    ]));

  test('of a failed evaluation give no event', () =>
    expect(new Evaluations().take([{ ...off, variant: '', isSight: false, isNew: false }], start)).toEqual(
      [],
    ));

  test('are reported in the order of their times', () => {
    const reported = new Evaluations().take(
      [
        { ...on, at: start + 5_000 },
        { ...on, at: start },
      ],
      start + 6_000,
    );
    expect(lines(reported)[0]).toMatch(/^09:30:00/);
  });
});

describe('shares', () => {
  test('are reported a minute after the first evaluation, with the time of its start', () => {
    const evaluations = new Evaluations();
    evaluations.take(users(200, 10, start), start);
    expect(evaluations.due(start + minute - 1)).toEqual([]);
    expect(lines(evaluations.due(start + minute))).toEqual([
      '09:30:00 new-tax-engine 5 % on',
      '09:30:00 flag:new-tax-engine:acme/shop#42 5',
    ]);
    expect(evaluations.due(start + 2 * minute)).toEqual([]);
  });

  test.each([
    ['by 5 points', 1_000, 50, 100, ['10']],
    ['by less', 1_000, 50, 90, []],
    ['by less, to all users', 1_000, 970, 1_000, ['100']],
    ['by less, to no user', 1_000, 30, 0, ['0']],
    ['by no more than chance explains in a small sample', 20, 10, 12, []],
  ])('that have moved %s are reported again', (_, all, before, after, weights) => {
    const evaluations = new Evaluations({ sampleMax: 2_000 });
    evaluations.take(users(all, before, start), start);
    evaluations.due(start + minute);
    evaluations.take(users(all, after, start + minute), start + minute);
    const reported = lines(evaluations.due(start + 2 * minute)).filter(line => line.includes('acme/shop'));
    expect(reported).toEqual(weights.map(weight => `09:31:00 flag:new-tax-engine:acme/shop#42 ${weight}`));
  });

  test('that may have moved by chance are measured until it is certain', () => {
    const evaluations = new Evaluations();
    evaluations.take(users(100, 95, start), start);
    evaluations.due(start + minute);
    const reported: string[] = [];
    for (let round = 1; round <= 5; round++) {
      const at = start + round * minute;
      const others = users(30, 30, at).map(each => ({ ...each, context: `${round} ${each.context}` }));
      evaluations.take(others, at);
      reported.push(...lines(evaluations.due(at + minute)).filter(line => line.includes('acme/shop')));
    }
    expect(reported).toEqual(['09:31:00 flag:new-tax-engine:acme/shop#42 100']);
  });

  test('that are so small that a sample often misses them are not reported as 0', () => {
    const evaluations = new Evaluations();
    evaluations.take(users(200, 2, start), start);
    expect(lines(evaluations.due(start + minute))).toContain('09:30:00 new-tax-engine 1 % on');
    evaluations.take(users(50, 0, start + minute), start + minute);
    expect(evaluations.due(start + 2 * minute)).toEqual([]);
  });

  test('count a user once, however often it asks', () => {
    const evaluations = new Evaluations();
    const busy = Array.from({ length: 1_000 }, () => ({ ...on, context: 'user-0' }));
    evaluations.take([...busy, ...users(40, 10, start)], start);
    expect(lines(evaluations.due(start + minute))).toContain('09:30:00 flag:new-tax-engine:acme/shop#42 25');
  });

  test('count evaluations if users are not named', () => {
    const evaluations = new Evaluations();
    evaluations.take(
      users(40, 10, start).map(each => ({ ...each, context: null })),
      start,
    );
    expect(lines(evaluations.due(start + minute))).toContain('09:30:00 flag:new-tax-engine:acme/shop#42 25');
  });

  test('of fewer than 20 users within an hour give no event', () => {
    const evaluations = new Evaluations();
    evaluations.take(users(19, 19, start), start);
    expect(evaluations.due(start + minute)).toEqual([]);
    evaluations.take(users(1, 1, start, { context: 'late' }), start + 2 * minute);
    evaluations.take([{ ...on, context: 'user-20' }], start + 2 * minute);
    expect(lines(evaluations.due(start + 2 * minute))).toContain('09:30:00 new-tax-engine 100 % on');
    evaluations.take(users(19, 0, start), start + 3 * minute);
    expect(evaluations.due(start + 63 * minute)).toEqual([]);
    evaluations.take(users(19, 0, start), start + 64 * minute);
    expect(evaluations.due(start + 65 * minute)).toEqual([]);
  });

  test('of a variant that is first served within the minute start at that time', () => {
    const evaluations = new Evaluations();
    evaluations.take(users(90, 0, start), start);
    evaluations.take(
      users(10, 10, start + 40_000).map(each => ({ ...each, context: `new ${each.context}` })),
      start + 41_000,
    );
    expect(lines(evaluations.due(start + minute))).toEqual([
      '09:30:40 new-tax-engine 10 % on',
      '09:30:40 flag:new-tax-engine:acme/shop#42 10',
    ]);
  });

  test('of two variants that release one change are one exposure', () => {
    const evaluations = new Evaluations();
    evaluations.take(
      [...users(40, 10, start), ...users(60, 60, start, { variant: 'blue' }).slice(40)],
      start,
    );
    expect(lines(evaluations.due(start + minute)).toSorted()).toEqual([
      '09:30:00 flag:new-tax-engine:acme/shop#42 50',
      '09:30:00 new-tax-engine 16.7 % on',
      '09:30:00 new-tax-engine 33.3 % blue',
    ]);
  });

  test('of services and environments are counted apart', () => {
    const evaluations = new Evaluations();
    evaluations.take([...users(40, 40, start), ...users(40, 0, start, { environment: 'staging' })], start);
    expect(lines(evaluations.due(start + minute))).toContain('09:30:00 flag:new-tax-engine:acme/shop#42 100');
  });
});

describe('memory and events are bounded', () => {
  const take = (limits: Partial<EvaluationLimits>, evaluations: Evaluation[]) =>
    new Evaluations(limits).take(evaluations, start);

  test('a flag with ever new variants gives a limited number of events in an hour', () => {
    const variants = Array.from({ length: 200 }, (_, index) => ({ ...off, variant: `v${index}` }));
    expect(take({ sightsPerHourMax: 50 }, variants)).toHaveLength(50);
  });

  test('with too many flags, the one that was idle longest is forgotten and reported again', () => {
    const evaluations = new Evaluations({ flagsMax: 2 });
    const flag = (name: string) => ({ ...off, flag: name });
    expect(evaluations.take([flag('a'), flag('b'), flag('c')], start)).toHaveLength(3);
    expect(evaluations.take([flag('b'), flag('c')], start)).toEqual([]);
    expect(evaluations.take([flag('a')], start)).toHaveLength(1);
  });

  test('with too many contexts, a share is still measured with the minimum number', () => {
    const evaluations = new Evaluations({ contextsMax: 0 });
    evaluations.take(users(1_000, 1_000, start), start);
    expect(lines(evaluations.due(start + minute))).toContain('09:30:00 new-tax-engine 100 % on');
  });

  test('a sample of contexts stays small and uniform', () => {
    const sample = new ContextSample<string>('salt', 500);
    for (let user = 0; user < 50_000; user++) sample.add(`user-${user}`, user % 4 === 0 ? 'on' : 'off');
    expect(sample.size).toBeLessThan(1_000);
    // Four standard errors of a share in a sample of 500.
    expect(Math.abs((sample.counts().get('on') ?? 0) / sample.size - 0.25)).toBeLessThan(0.08);
  });
});

test('no event contains the context of an evaluation', () => {
  const evaluations = new Evaluations();
  const someone = { ...on, context: 'dana@example.com' };
  const reported = [
    ...evaluations.take([someone, ...users(40, 40, start)], start),
    ...evaluations.due(start + minute),
  ];
  expect(JSON.stringify(reported)).not.toContain('dana');
  expect(reported.length).toBeGreaterThan(2);
});
