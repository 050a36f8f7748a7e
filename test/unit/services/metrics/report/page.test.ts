import { describe, expect, test } from 'vitest';
import type { Stream } from '../../../../../services/metrics/live/source.ts';
import { axisFor } from '../../../../../services/metrics/report/charts/axis.ts';
import { benchmarksOf } from '../../../../../services/metrics/report/charts/benchmarks.ts';
import { metrics } from '../../../../../services/metrics/report/headline.ts';
import { weeklyPage } from '../../../../../services/metrics/report/render/page.ts';
import { plainView, readView, type View } from '../../../../../services/metrics/report/render/view.ts';
import {
  type ReportQuery,
  weeklyReport,
  weeklyReportInTurns,
} from '../../../../../services/metrics/report/report.ts';
import {
  daysAgo,
  gathered,
  hourMs,
  noon,
  observation,
  type StreamObservation,
  stream,
} from '../memory-source.ts';

const production: ReportQuery = { environment: 'production', service: null, team: null, weeks: 12 };

async function reportOf(
  streams: readonly Stream[],
  observations: readonly StreamObservation[],
  query = production,
) {
  return weeklyReport(await gathered(streams, observations), query, noon, 'UTC');
}

/** As many rollouts in the last full week, 6 to 12 days ago, as in each of the weeks before. */
function rollouts(of: Stream, perWeek: number, failed: number, failedBefore: number): StreamObservation[] {
  return [8, 15, 22, 29, 36].flatMap(days =>
    Array.from({ length: perWeek }, (_, i) => [
      observation(of, 'exposed', daysAgo(days) + i * 1000),
      ...(i < (days === 8 ? failed : failedBefore)
        ? [observation(of, 'contained', daysAgo(days) + i * 1000 + 500, 60_000)]
        : []),
    ]).flat(),
  );
}

const unescaped = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
const text = (html: string) =>
  unescaped(html.replaceAll(/<style>.*?<\/style>/gs, '').replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim();
const hrefs = (html: string) =>
  [...html.matchAll(/ href="([^"]*)"/g)].map(([, href = '']) => unescaped(href));
const listed = (html: string) =>
  [...(/<table class="services">.*?<\/table>/s.exec(html)?.[0] ?? '').matchAll(/<bdi>(s\d+)<\/bdi>/g)].map(
    ([, name]) => name,
  );
const tile = (html: string, metric: string) =>
  new RegExp(`<li data-metric="${metric}">.*?</li>`, 's').exec(html)?.[0] ?? '';

describe('a tile of the weekly page', () => {
  test('says what is usual, the interval of a ratio, and what got worse', async () => {
    const of = stream();
    const html = weeklyPage(await reportOf([of], rollouts(of, 40, 16, 2)));
    const shown = text(tile(html, 'change_failure_ratio'));
    expect(shown).toContain('40 % ▲ worse 16 of 40 · 95 % interval 26–55 % · usually 5 %');
    expect(tile(html, 'change_failure_ratio')).not.toContain('class="warning"');
  });

  test('warns where there are too few observations to conclude anything', async () => {
    const of = stream();
    const html = weeklyPage(await reportOf([of], rollouts(of, 3, 2, 0)));
    const shown = text(tile(html, 'change_failure_ratio'));
    expect(shown).toContain('67 % ▲ higher, unproven');
    expect(shown).toContain('Too few samples to conclude anything.');
  });

  test('links each week that has observations to its receipts', async () => {
    const of = stream({ service: 'a&b' });
    const html = weeklyPage(await reportOf([of], rollouts(of, 3, 2, 0), { ...production, service: 'a&b' }));
    const receipts = hrefs(tile(html, 'change_failure_ratio')).map(href => new URL(href, 'http://x'));
    const weeks = ['2026-W42', '2026-W43', '2026-W44', '2026-W45', '2026-W46'];
    expect(new Set(receipts.map(({ searchParams }) => searchParams.get('week')))).toEqual(new Set(weeks));
    for (const { pathname, searchParams } of receipts) {
      expect(pathname).toBe('/receipts');
      expect(Object.fromEntries(searchParams)).toMatchObject({
        metric: 'change_failure_ratio',
        service: 'a&b',
        environment: 'production',
      });
    }
  });

  test('describes its chart for readers who cannot see it', async () => {
    const of = stream();
    const chart = tile(weeklyPage(await reportOf([of], rollouts(of, 40, 16, 2))), 'change_failure_ratio');
    expect(chart).toMatch(/<svg [^>]*role="img" aria-labelledby="([\w-]+) ([\w-]+)">/);
    expect(text(/<desc.*?<\/desc>/s.exec(chart)?.[0] ?? '')).toContain('9 – 15 Nov: 40 % (16 of 40)');
  });
});

describe('the page as a whole', () => {
  test('shows what was caught beside what escaped', async () => {
    const of = stream();
    const observations = [...rollouts(of, 10, 3, 0), observation(of, 'escaped', daysAgo(8), hourMs)];
    expect(text(weeklyPage(await reportOf([of], observations)))).toContain(
      '3 of 4 failures (75 %) were contained : rolled back before they had all of the traffic. 1 escaped to everyone.',
    );
  });

  test('marks the weeks of flag changes, of outages that began and of big rollouts', async () => {
    const of = stream({ openSince: [daysAgo(1)] });
    const observations = [
      observation(of, 'exposed', daysAgo(8)),
      ...Array.from({ length: 10 }, () => observation(of, 'lead_time', daysAgo(8), hourMs)),
      ...Array.from({ length: 9 }, () => observation(of, 'lead_time', daysAgo(9), hourMs)),
      // It began in the week before the one in which it ended.
      observation(of, 'restored', daysAgo(8), 7 * 24 * hourMs),
    ];
    const streams = await gathered([of], observations);
    const report = weeklyReport(streams, { ...production, weeks: 3 }, noon, 'UTC', [0, 4, 1]);
    expect(report.weeks.map(({ marks }) => marks)).toEqual([
      { flagChanges: 0, outages: 1, bigRollouts: 0 },
      { flagChanges: 4, outages: 0, bigRollouts: 1 },
      { flagChanges: 1, outages: 1, bigRollouts: 0 },
    ]);
    expect(text(weeklyPage(report))).toContain('4 flag changes 1 big rollout');
  });

  test('is safe whatever names contain', async () => {
    const names = [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onmouseover='alert(1)",
      '</title></svg><b>',
      'שלום ‮cba',
      '🚀'.repeat(100),
      '&amp;#x3c;',
      '=HYPERLINK("http://x")',
    ];
    const streams = names.map(name => stream({ service: name, team: name, openSince: [daysAgo(9)] }));
    const observations = streams.flatMap(of => rollouts(of, 20, 9, 0));
    for (const query of [
      production,
      { ...production, team: names[1] ?? '' },
      { ...production, service: names[2] ?? '' },
    ]) {
      const html = weeklyPage(await reportOf(streams, observations, query), {
        view: { ...plainView, search: names[1]?.slice(0, 4) ?? '' },
      });
      const tags = html.replaceAll(/<style>.*?<\/style>/gs, '').replaceAll(/"[^"]*"/g, '""');
      expect(/<(script|img|link)|<[a-z][^>]*\son\w+=/.exec(tags)?.[0]).toBeUndefined();
      expect(html.match(/<title/g)?.length).toBe(1 + (html.match(/<svg/g)?.length ?? 0));
      for (const href of hrefs(html)) expect(href).toMatch(/^(\?|\/|#)/);
    }
  });

  test('escapes the sign of a duration of less than a second', async () => {
    const of = stream();
    const html = weeklyPage(
      await reportOf(
        [of],
        [observation(of, 'exposed', daysAgo(8)), observation(of, 'lead_time', daysAgo(8), 5)],
      ),
    );
    expect(tile(html, 'lead_time_seconds')).toContain('&lt;\u00a01\u00a0s');
    expect(html).not.toMatch(/<\u00a0/);
  });

  test('is the same report in one go and in turns', async () => {
    const streams = [stream({ service: 'a' }), stream({ service: 'b', team: 'red' })];
    const observations = streams.flatMap(of => rollouts(of, 5, 1, 2));
    const columns = await gathered(streams, observations);
    expect(await weeklyReportInTurns(columns, production, noon, 'UTC')).toEqual(
      weeklyReport(columns, production, noon, 'UTC'),
    );
  });
});

describe('the table of services', () => {
  async function shown(view: Partial<View>) {
    const streams = [
      stream({ service: 's1', team: 'red' }),
      stream({ service: 's2', team: 'blue' }),
      stream({ service: 's3', team: 'red' }),
    ];
    const [a, b, c] = streams;
    if (!a || !b || !c) throw new Error('three streams');
    const observations = [...rollouts(a, 40, 1, 1), ...rollouts(b, 40, 20, 1), ...rollouts(c, 30, 4, 4)];
    return weeklyPage(await reportOf(streams, observations), { view: { ...plainView, ...view } });
  }

  test.each([
    [{}, ['s2', 's1', 's3']],
    [{ sort: 'name' }, ['s1', 's2', 's3']],
    [{ sort: 'name', reversed: true }, ['s3', 's2', 's1']],
    [{ sort: 'change_failure_ratio' }, ['s2', 's3', 's1']],
    [{ sort: 'change_failure_ratio', reversed: true }, ['s1', 's3', 's2']],
    [{ sort: 'deployments_per_day' }, ['s3', 's1', 's2']],
    [{ search: 'RED' }, ['s1', 's3']],
    [{ search: 's2' }, ['s2']],
  ] satisfies [Partial<View>, string[]][])('shows for %j %j', async (view, expected) => {
    expect(listed(await shown(view))).toEqual(expected);
  });

  test('says which column it is sorted by, and its heads sort by links', async () => {
    const html = await shown({ sort: 'change_failure_ratio' });
    expect(html).toMatch(/<th scope="col" aria-sort="descending"><a href="[^"]*sort=-change_failure_ratio/);
  });

  test('shows many services in pages', async () => {
    const streams = Array.from({ length: 120 }, (_, i) => stream({ service: `s${i}` }));
    const observations = streams.map(of => observation(of, 'exposed', daysAgo(8)));
    const report = await reportOf(streams, observations);
    const seen = [1, 2, 3].flatMap(page => listed(weeklyPage(report, { view: { ...plainView, page } })));
    expect(new Set(seen).size).toBe(120);
    expect(text(weeklyPage(report, { view: { ...plainView, page: 99 } }))).toContain('Page 3 of 3');
  });

  test('keeps the state of the page in all its links', async () => {
    const html = await shown({ sort: 'lead_time_seconds', search: 's' });
    const heads = hrefs(html).filter(href => href.includes('sort=name'));
    expect(heads.map(href => new URLSearchParams(href.split('#')[0]).get('q'))).toEqual(['s']);
    expect(
      hrefs(html).some(href => href.includes('weeks=26') && href.includes('sort=lead_time_seconds')),
    ).toBe(true);
  });
});

describe('the query of the page', () => {
  test('has defaults', () => {
    expect(readView({})).toEqual({ view: plainView, faults: [] });
    expect(readView({ sort: '-name', q: ' a ', page: '3' }).view).toEqual({
      sort: 'name',
      reversed: true,
      search: 'a',
      page: 3,
    });
  });

  test('names what it cannot answer', () => {
    const { faults } = readView({ sort: 'size', page: '0', q: ['a', 'b'] });
    expect(faults.map(({ field }) => field).sort()).toEqual(['page', 'q', 'sort']);
  });
});

describe('charts', () => {
  test.each(metrics)('the axis of $name holds the largest value in two to five steps', metric => {
    for (const largest of [0, 0.001, 0.02, 0.3, 1, 1.7, 59, 61, 3_599, 90_000, 2e6, 4e7, 1e10]) {
      const { max, step } = axisFor(metric, largest);
      expect(max).toBeGreaterThanOrEqual(largest);
      expect(Math.round(max / step)).toBeGreaterThanOrEqual(2);
      expect(Math.round(max / step)).toBeLessThanOrEqual(5);
    }
  });

  test('have the answers of the survey behind them only where it asks the same', () => {
    const withBenchmarks = (ofOne: boolean) =>
      metrics.filter(metric => benchmarksOf(metric, ofOne).length > 0).map(({ name }) => name);
    expect(withBenchmarks(false)).toEqual(['lead_time_seconds', 'recovery_time_seconds']);
    expect(withBenchmarks(true)).toEqual([
      'lead_time_seconds',
      'deployments_per_day',
      'recovery_time_seconds',
    ]);
    for (const metric of metrics)
      for (const [i, benchmark] of benchmarksOf(metric, true).entries())
        expect(benchmark.from).toBe(i === 0 ? 0 : benchmarksOf(metric, true)[i - 1]?.to);
  });
});
