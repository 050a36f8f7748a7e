import { describe, expect, test } from 'vitest';
import type { Stream } from '../../../../../services/metrics/live/source.ts';
import { metrics } from '../../../../../services/metrics/report/headline.ts';
import { pick } from '../../../../../services/metrics/report/numbers.ts';
import { weeklyPage } from '../../../../../services/metrics/report/render/page.ts';
import { type ReportQuery, weeklyReport } from '../../../../../services/metrics/report/report.ts';
import { welcomePage } from '../../../../../services/metrics/web/welcome.ts';
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
  zone = 'UTC',
) {
  return weeklyReport(await gathered(streams, observations), query, noon, zone);
}

const plain = (html: string) =>
  html
    .replaceAll('\u00a0', ' ')
    .replaceAll(/<style>.*?<\/style>/gs, '')
    .replaceAll(/<[^>]*>/g, '');

test('the page says so when all rollouts in the store are older than its weeks', async () => {
  const report = await reportOf([stream({ exposedTotal: 207 })], []);
  expect(plain(weeklyPage(report))).toContain(
    'The record holds 207 rollouts from before; look back up to 53 weeks',
  );
});

describe('the weekly report', () => {
  test('places each observation in its week, and pools all services', async () => {
    const [a, b] = [stream({ service: 'a' }), stream({ service: 'b' })];
    const report = await reportOf(
      [a, b],
      [
        observation(a, 'exposed', daysAgo(1)),
        observation(a, 'exposed', daysAgo(8)),
        observation(b, 'exposed', daysAgo(9)),
        observation(b, 'contained', daysAgo(9), 1000),
        observation(b, 'lead_time', daysAgo(9), hourMs),
      ],
    );
    const [last, running] = report.weeks.slice(-2);
    expect(report.weeks).toHaveLength(12);
    expect(running).toMatchObject({ week: '2026-W47', partial: true, numbers: { exposed_changes: 1 } });
    expect(last).toMatchObject({
      week: '2026-W46',
      partial: false,
      numbers: {
        exposed_changes: 2,
        change_failure_ratio: 0.5,
        rolled_back_changes: { contained: 1, escaped: 0 },
        lead_time_seconds: { '0.5': 3600, '0.9': 3600 },
        time_to_restore_seconds: { '0.5': null, '0.9': null },
        stage_seconds: { merged_to_exposed: { '0.5': 3600 } },
      },
    });
    expect(report.services.map(({ service }) => service)).toEqual(['a', 'b']);
    expect(report.overall).toMatchObject({ exposed_changes: 3 });
  });

  test('counts the real length of a week, and of the running one the days so far', async () => {
    const of = stream();
    const observations = [
      observation(of, 'exposed', daysAgo(1)),
      observation(of, 'exposed', Date.UTC(2026, 9, 22)),
    ];
    const report = await reportOf([of], observations, production, 'Europe/Berlin');
    const perDay = (week: string) =>
      report.weeks.find(({ week: label }) => label === week)?.numbers['deployments_per_day'];
    expect(perDay('2026-W43')).toBeCloseTo(24 / 169, 12);
    expect(perDay('2026-W47')).toBeCloseTo(24 / (5 * 24 + 13), 12);
  });

  test('keeps environments apart, and narrows to a service or a team', async () => {
    const streams = [
      stream({ service: 'a', team: 'payments' }),
      stream({ service: 'b', team: 'search' }),
      stream({ service: 'a', team: 'payments', environment: 'staging' }),
    ];
    const observations = streams.map(of => observation(of, 'exposed', daysAgo(8)));
    const services = async (query: Partial<ReportQuery>) =>
      (await reportOf(streams, observations, { ...production, ...query })).services.map(
        ({ service }) => service,
      );
    expect(await services({})).toEqual(['a', 'b']);
    expect(await services({ environment: 'staging' })).toEqual(['a']);
    expect(await services({ team: 'search' })).toEqual(['b']);
    expect(await services({ service: 'a' })).toEqual(['a']);
    expect((await reportOf(streams, observations)).environments).toEqual(['production', 'staging']);
  });

  test('has no number per day in the first instant of a week', async () => {
    const of = stream();
    const monday = Date.UTC(2026, 10, 16);
    const streams = await gathered([of], [observation(of, 'exposed', daysAgo(8))]);
    const report = weeklyReport(streams, { ...production, weeks: 1 }, monday, 'UTC');
    expect(report.weeks[0]?.numbers['deployments_per_day']).toBeNull();
  });

  test('has every number that the page leads with', async () => {
    const report = await reportOf([stream()], []);
    for (const metric of metrics) expect(() => metric.value(report.overall)).not.toThrow();
    expect(() => pick(report.overall, 'lead_tme_seconds', '0.5')).toThrow('lead_tme_seconds');
  });
});

describe('the weekly page', () => {
  test('shows each number with its observations, and a dash where there are none', async () => {
    const of = stream({ team: 'payments', exposedTotal: 37 });
    const observations = [
      ...Array.from({ length: 37 }, (_, i) => observation(of, 'exposed', daysAgo(8) + i)),
      ...[1, 2, 3].map(i => observation(of, 'escaped', daysAgo(7.5) + i, 1000)),
      observation(of, 'lead_time', daysAgo(8), 11_520_000),
    ];
    const text = plain(weeklyPage(await reportOf([of], observations)));
    expect(text).toContain('8 % (3 of 37)');
    expect(text).toContain('3 h 12 min (1 change)');
    expect(text).toContain('no outages');
    expect(text).toContain('5.3 (37 rollouts)');
    expect(text).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  test('shows names as they are, whatever they hold', async () => {
    const name = `<script>alert("1")</script> & 'שלום' 🚀`;
    const of = stream({ service: name, team: '<b>', environment: '"><img src=x>' });
    const query = { ...production, environment: of.environment };
    const html = weeklyPage(await reportOf([of], [observation(of, 'exposed', daysAgo(8))], query));
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<b>');
    expect(html).toContain(
      '<bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;שלום&#39; 🚀</bdi>',
    );
    const [, query1] = /href="(\?[^"]*service=[^"]*)"/.exec(html) ?? [];
    expect(new URLSearchParams(query1?.replaceAll('&amp;', '&')).get('service')).toBe(name);
  });

  test('loads nothing and runs nothing', async () => {
    const of = stream();
    const html = weeklyPage(await reportOf([of], [observation(of, 'exposed', daysAgo(8))]));
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|https?:\/\/|\son\w+=/);
  });

  test('says when nothing is known of what was asked', async () => {
    const of = stream();
    const report = await reportOf([of], [observation(of, 'exposed', daysAgo(8))], {
      ...production,
      service: 'chekout',
    });
    expect(plain(weeklyPage(report))).toContain('Nothing is known of chekout in production');
  });

  test('before the first event shows commands with this server’s address', () => {
    const html = welcomePage({ url: 'http://127.0.0.1:8080', tokenNeeded: false, now: noon });
    expect(plain(html)).toContain('curl -sS http://127.0.0.1:8080/v1/events');
    expect(html).not.toContain('Authorization');
    const guarded = welcomePage({ url: 'https://dora.example', tokenNeeded: true, now: noon });
    expect(plain(guarded)).toContain('Authorization: Bearer $FIRSTLIGHT_TOKEN');
    expect(plain(guarded)).toContain('npx firstlight import git PATH --url https://dora.example');
  });
});
