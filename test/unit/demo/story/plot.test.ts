import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { company, servicesMax } from '../../../../demo/story/company.ts';
import type { DemoEvent } from '../../../../demo/story/event-list.ts';
import { plotAt, story } from '../../../../demo/story/plot.ts';
import { identify } from '../../../../domain/events/identity.ts';
import { faultsOf, timeFaultsOf } from '../../../../domain/events/validate.ts';
import { reference, seriesKey } from '../../../../domain/reference.ts';
import { runs } from '../../../support/run/properties.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 4, 20, 12);
const whole = { seed: 1, services: servicesMax, weeks: 52 };
const eventsOf = (plot = plotAt(now, whole), from = 0, to = now) => [...story(plot, from, to)].flat();
const at = (event: DemoEvent) => Date.parse(event.time);

describe('the whole story', () => {
  const plot = plotAt(now, whole);
  const events = eventsOf();

  test('has valid events only, none of them after its end', () => {
    expect(events.length).toBeGreaterThan(60_000);
    expect(events.length).toBeLessThan(120_000);
    expect(events.flatMap(event => [...faultsOf(event), ...timeFaultsOf(event, now)])).toEqual([]);
    expect(events.filter(event => at(event) > now)).toEqual([]);
  });

  test('is the same for the same seed, and different for another', () => {
    expect(eventsOf()).toEqual(events);
    expect(eventsOf(plotAt(now, { ...whole, seed: 2 }))).not.toEqual(events);
  });

  test('has forty services of eight teams, in production and two other environments', () => {
    const names = new Set(events.flatMap(event => event.service ?? []));
    expect(names.size).toBe(40);
    expect(new Set(company().map(service => service.team)).size).toBe(8);
    const environments = new Set(
      events.flatMap(event => ('environment' in event ? (event.environment ?? 'production') : [])),
    );
    expect([...environments].sort()).toEqual(['production-us', 'staging']);
  });

  test('repeats an id only for a contradiction on purpose', () => {
    const groups = Map.groupBy(events, ({ source, id }) => `${source} ${id}`);
    const repeated = [...groups.values()].filter(group => group.length > 1);
    expect(repeated.length).toBeGreaterThan(5);
    expect(repeated.every(group => group.every(event => event.title?.startsWith('Sent twice')))).toBe(true);
  });

  test('has few releases at the turn of the year', () => {
    const releases = (from: string, to: string) =>
      events.filter(
        event =>
          event.type === 'change_merged' && at(event) >= Date.parse(from) && at(event) < Date.parse(to),
      ).length;
    expect(releases('2025-12-24', '2026-01-02')).toBeLessThan(releases('2025-12-03', '2025-12-12') / 3);
  });

  /** The fleet's numbers of the 30 days before a time; events long before it have no effect on them. */
  const fleet = (end: number) => {
    const recent = events.filter(event => at(event) <= end && at(event) > end - 45 * day);
    const identified = recent.map(event => identify(event, event.source, end).event);
    const answers = reference(identified, { now: end, windowDays: [30], attributionWindowMs: 3_600_000 });
    return (name: string, labels: Readonly<Record<string, string>> = {}) =>
      answers.get(seriesKey(`dora_fleet_${name}`, { environment: 'production', window: '30d', ...labels }));
  };
  const median = { quantile: '0.5' };

  test('begins with one failure in four, days of lead time, and an hour to restore', () => {
    const number = fleet(plot.since + 30 * day);
    expect(number('change_failure_ratio')).toBeGreaterThan(0.24);
    expect(number('change_failure_ratio')).toBeLessThan(0.33);
    expect(number('lead_time_seconds', median)).toBeGreaterThan(36 * 3600);
    expect(number('time_to_restore_seconds', median)).toBeGreaterThan(45 * 60);
    expect(number('progressive_ratio')).toBeLessThan(0.05);
    expect(number('rolled_back_changes', { containment: 'contained' })).toBe(0);
  });

  test('ends with one failure in sixteen, hours of lead time, and minutes to restore', () => {
    const number = fleet(now);
    expect(number('change_failure_ratio')).toBeGreaterThan(0.03);
    expect(number('change_failure_ratio')).toBeLessThan(0.085);
    expect(number('lead_time_seconds', median)).toBeLessThan(4 * 3600);
    expect(number('time_to_restore_seconds', median)).toBeLessThan(15 * 60);
    expect(number('progressive_ratio')).toBeGreaterThan(0.9);
    const contained = number('rolled_back_changes', { containment: 'contained' });
    const escaped = number('rolled_back_changes', { containment: 'escaped' }) ?? 0;
    expect(contained).toBeGreaterThan(3 * escaped);
  });
});

test('the parts of a story make up the story', () => {
  const size = { seed: 3, services: 5, weeks: 8 };
  const plot = plotAt(now, size);
  const until = now + 10 * day;
  const textOf = (event: DemoEvent) => JSON.stringify(event);
  const atOnce = eventsOf(plot, 0, until).map(textOf).sort();
  fc.assert(
    fc.property(fc.integer({ min: plot.since, max: until }), middle => {
      const parts = [...eventsOf(plot, 0, middle), ...eventsOf(plot, middle, until)];
      expect(parts.map(textOf).sort()).toEqual(atOnce);
    }),
    { numRuns: runs(25) },
  );
});

test('every story has valid events only, at any time', () => {
  const times = fc.integer({ min: Date.UTC(2025, 0), max: Date.UTC(2028, 0) });
  const sizes = fc.record({
    seed: fc.nat(),
    services: fc.integer({ min: 1, max: 8 }),
    weeks: fc.integer({ min: 8, max: 16 }),
  });
  fc.assert(
    fc.property(times, sizes, (time, size) => {
      const events = eventsOf(plotAt(time, size), 0, time);
      expect(events.flatMap(event => [...faultsOf(event), ...timeFaultsOf(event, time)]).slice(0, 5)).toEqual(
        [],
      );
      expect(events.every(event => at(event) <= time)).toBe(true);
    }),
    { numRuns: runs(25) },
  );
});
