import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { families, type Series } from '../../../../../domain/metrics/families.ts';
import { findings } from '../../../../../domain/metrics/measures.ts';
import type { Stream } from '../../../../../services/metrics/live/source.ts';
import { headerText, seriesText } from '../../../../../services/metrics/prometheus/exposition.ts';
import { createRenderer } from '../../../../../services/metrics/prometheus/renderer.ts';
import { runs } from '../../../../support/run/properties.ts';
import {
  daysAgo,
  gathered,
  hourMs,
  noon,
  observation,
  parseExposition,
  type StreamObservation,
  seriesOf,
  stream,
} from '../memory-source.ts';

async function rendered(
  streams: readonly Stream[],
  observations: readonly StreamObservation[],
  now = noon,
): Promise<string> {
  return String(await createRenderer()(await gathered(streams, observations), now));
}

describe('the exposition', () => {
  test('gives back every label value and number that went in', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
        (service, value) => {
          const text = seriesText('dora_lead_time_mean_seconds', { service, window: '7d' }, value);
          expect(text.split('\n')).toHaveLength(2);
          expect(parseExposition(text)).toEqual([
            { name: 'dora_lead_time_mean_seconds', labels: { service, window: '7d' }, value },
          ]);
        },
      ),
    ));

  test('escapes backslash, quote and newline of a label, backslash and newline of a help text', () => {
    expect(seriesText('m', { a: '\\ " \n' }, 1)).toBe('m{a="\\\\ \\" \\n"} 1\n');
    expect(headerText('m', 'one \\ two\nthree', 'gauge')).toBe(
      '# HELP m one \\\\ two\\nthree\n# TYPE m gauge\n',
    );
  });

  test('names help and type of a metric once, and keeps all its series together', async () => {
    const streams = ['a', 'b', 'c'].map(service => stream({ service, team: 'payments', exposedTotal: 1 }));
    const text = await rendered(
      streams,
      streams.flatMap(of => [
        observation(of, 'exposed', daysAgo(1)),
        observation(of, 'lead_time', daysAgo(1), hourMs),
      ]),
    );
    const names = text
      .split('\n')
      .filter(row => row !== '')
      .map(row => /^(?:# (?:HELP|TYPE) )?([a-z_]+)/.exec(row)?.[1]);
    const runs = names.filter((name, i) => name !== names[i - 1]);
    expect(new Set(runs).size).toBe(runs.length);
    const helps = text.split('\n').filter(row => row.startsWith('# HELP'));
    expect(helps).toHaveLength(runs.length);
  });

  test('shows the same observation for a service, its team and the fleet, with their labels only', async () => {
    const of = stream({ service: 'checkout', team: 'payments' });
    const text = await rendered([of], [observation(of, 'lead_time', daysAgo(1), 90 * 60_000)]);
    const medians = parseExposition(text).filter(
      ({ name, labels }) =>
        name.endsWith('lead_time_seconds') && labels['quantile'] === '0.5' && labels['window'] === '30d',
    );
    const window = { window: '30d', quantile: '0.5' };
    expect(medians).toEqual([
      {
        name: 'dora_lead_time_seconds',
        labels: { service: 'checkout', team: 'payments', environment: 'production', ...window },
        value: 5400,
      },
      {
        name: 'dora_team_lead_time_seconds',
        labels: { team: 'payments', environment: 'production', ...window },
        value: 5400,
      },
      { name: 'dora_fleet_lead_time_seconds', labels: { environment: 'production', ...window }, value: 5400 },
    ]);
  });

  test('pools a team and the fleet instead of averaging averages', async () => {
    const busy = stream({ service: 'busy', team: 'payments' });
    const calm = stream({ service: 'calm', team: 'payments' });
    const observations = [
      ...[1, 2, 3, 4].map(hours => observation(busy, 'lead_time', daysAgo(1) + hours, hours * hourMs)),
      observation(calm, 'lead_time', daysAgo(2), 10 * hourMs),
    ];
    const text = await rendered([busy, calm], observations);
    for (const prefix of ['dora_team_', 'dora_fleet_']) {
      expect(seriesOf(text, `${prefix}lead_time_mean_seconds`, { window: '7d' })).toBe(4 * 3600);
      expect(seriesOf(text, `${prefix}lead_time_seconds`, { window: '7d', quantile: '0.5' })).toBe(3 * 3600);
    }
  });

  test('has no ratio, quantile or mean without observations, but counts of zero', async () => {
    const of = stream();
    const text = await rendered([of], [observation(of, 'exposed', daysAgo(60))]);
    const shown = (window: string) =>
      parseExposition(text)
        .filter(({ name, labels }) => name.startsWith('dora_fleet_') && labels['window'] === window)
        .map(({ name, value }) => [name.replace('dora_fleet_', ''), value]);
    const isZero = ({ formula }: Series) => ['count', 'sum', 'per_day'].includes(formula.way);
    const zeros = families.flatMap(({ name, series }) => series.filter(isZero).map(() => [name, 0]));
    expect(shown('7d')).toEqual(zeros);
    expect(zeros).toEqual(
      expect.arrayContaining([
        ['exposed_changes', 0],
        ['rolled_back_changes', 0],
        ['lead_time_samples', 0],
        ['time_to_restore_samples', 0],
        ['recovery_time_samples', 0],
        ['deployments_per_day', 0],
        ['failed_exposure_seconds', 0],
      ]),
    );
    expect(seriesOf(text, 'dora_change_failure_ratio', { window: '90d' })).toBe(0);
    expect(seriesOf(text, 'dora_open_incidents')).toBe(0);
  });

  test('shows nothing of a stream that has findings only, or whose observations are all older than the longest window', async () => {
    const found = stream({ service: 'found', team: 'payments' });
    const old = stream({ service: 'old', exposedTotal: 3, rolledBackTotal: 1 });
    const text = await rendered(
      [found, old],
      [
        ...findings.map(finding => observation(found, finding, daysAgo(1))),
        observation(old, 'exposed', daysAgo(90) - 1),
      ],
    );
    expect(new Set(parseExposition(text).map(({ name }) => name))).toEqual(
      new Set(['dora_rollouts_total', 'dora_fleet_rollouts_total']),
    );
    expect(seriesOf(text, 'dora_rollouts_total', { service: 'old', outcome: 'exposed' })).toBe(3);
    expect(seriesOf(text, 'dora_fleet_rollouts_total', { outcome: 'rolled_back' })).toBe(1);
  });

  test('shows a stream without observations while it has an open incident', async () => {
    const text = await rendered([stream({ openSince: [0, 1] })], []);
    expect(seriesOf(text, 'dora_open_incidents', { service: 'checkout', team: '' })).toBe(2);
    expect(seriesOf(text, 'dora_fleet_exposed_changes', { window: '90d' })).toBe(0);
    expect(seriesOf(text, 'dora_rollouts_total')).toBeUndefined();
  });

  test('has an empty team label, and no team series, where nobody named a team', async () => {
    const of = stream();
    const text = await rendered([of], [observation(of, 'exposed', daysAgo(1))]);
    expect(seriesOf(text, 'dora_exposed_changes', { team: '', window: '7d' })).toBe(1);
    expect(text).not.toContain('dora_team_');
  });

  test('does not show an observation before its time has come', async () => {
    const of = stream();
    const observations = [observation(of, 'exposed', noon), observation(of, 'exposed', daysAgo(1))];
    expect(seriesOf(await rendered([of], observations), 'dora_exposed_changes')).toBe(1);
    expect(seriesOf(await rendered([of], observations, noon + 1), 'dora_exposed_changes')).toBe(2);
  });

  test('renders a stream again as soon as an observation enters or leaves a window, as a renderer without memory does', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: daysAgo(100), max: noon + hourMs }), { maxLength: 20 }),
        fc.array(fc.integer({ min: -hourMs, max: 8 * 24 * hourMs }), { minLength: 1, maxLength: 5 }),
        async (timestamps, steps) => {
          const of = stream();
          const streams = await gathered(
            [of],
            timestamps.map(at => observation(of, 'exposed', at)),
          );
          const render = createRenderer();
          // At the edges of a window a kept text could be one millisecond too old.
          const edges = timestamps.flatMap(at =>
            [at, at + 1].flatMap(of => [0, 7, 30, 90].map(d => of + d * 24 * hourMs)),
          );
          for (const now of [noon, ...steps.map(step => noon + step), ...edges])
            expect(String(await render(streams, now))).toBe(String(await createRenderer()(streams, now)));
        },
      ),
      { numRuns: runs(25) },
    ));

  test('renders what changed and keeps the rest, as a renderer without memory does', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            service: fc.nat(149),
            ago: fc.nat({ max: 100 }),
            open: fc.nat(2),
            team: fc.constantFrom('', 'payments', 'search'),
            total: fc.nat(2),
            hasSample: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        async changes => {
          const render = createRenderer();
          const known = new Map(
            await Promise.all(
              Array.from({ length: 150 }, async (_, index) => {
                const of = stream({ service: `s${index}`, exposedTotal: 1 });
                const found = await gathered(
                  [of],
                  [observation(of, 'lead_time', daysAgo(1 + index), hourMs)],
                );
                return [index, found] as const;
              }),
            ),
          );
          for (const change of [null, ...changes]) {
            if (change) {
              const { service, ago, open, team, total, hasSample } = change;
              const openSince = Array.from({ length: open }, () => daysAgo(ago));
              const of = stream({ service: `s${service}`, team, openSince, exposedTotal: total });
              known.set(
                service,
                await gathered([of], hasSample ? [observation(of, 'exposed', daysAgo(ago))] : []),
              );
            }
            const streams = [...known.values()].flat();
            expect(String(await render(streams, noon))).toBe(String(await createRenderer()(streams, noon)));
          }
        },
      ),
      { numRuns: runs(10) },
    ));
});
