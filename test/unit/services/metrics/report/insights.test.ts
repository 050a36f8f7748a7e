import { describe, expect, test } from 'vitest';
import { insightsOf } from '../../../../../services/metrics/report/insights.ts';
import type { Trend } from '../../../../../services/metrics/report/trend.ts';
import { hourMs, noon, stream } from '../memory-source.ts';
import { hostileReport, reportOf, usually, type Week } from './weekly-reports.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

async function changeOf(metric: string, weeks: Readonly<Record<number, Week>>) {
  const { changed } = insightsOf(await reportOf([[stream(), weeks]]));
  const found = changed.find(each => each.metric === metric);
  if (!found) throw new Error(`${metric} is not there`);
  return { ...found, text: plain(found.text) };
}

const lookedAt = async (...args: Parameters<typeof reportOf>) =>
  insightsOf(await reportOf(...args)).lookAt.map(item => ({ ...item, text: plain(item.text) }));

describe('a number of the last full week', () => {
  test('is worse when it moved by a fifth or more, out of what chance explains', async () => {
    const found = await changeOf('change_failure_ratio', {
      1: { exposed: 40, escaped: 10 },
      ...usually({ exposed: 40, contained: 2 }),
    });
    expect(found).toMatchObject({ last: 0.25, usual: 0.05, samples: 40, usualSamples: 160, successes: 10 });
    expect(found).toMatchObject({ verdict: 'worse', doubt: null });
    expect(found.text).toBe('25 % (10 of 40; 95 % interval 14–40 %), usually 5 %: worse.');
  });

  test('is better when less of it is better', async () => {
    const found = await changeOf('lead_time_seconds', {
      1: { lead: [1, 2, 3, 3, 3, 4, 5] },
      ...usually({ lead: [24, 48, 72] }),
    });
    expect(found).toMatchObject({ verdict: 'better', doubt: null, interval: null });
    expect(found.text).toBe('3 h (7 changes), usually 2 d: better.');
  });

  test('is about the same when it moved by less than a fifth', async () => {
    const found = await changeOf('lead_time_seconds', {
      1: { lead: Array(6).fill(11) },
      ...usually({ lead: [10, 10] }),
    });
    expect(found.text).toBe('11 h (6 changes), usually 10 h: about the same.');
  });

  test('is about the same when it moved by less than a minute, however little is usual', async () => {
    const found = await changeOf('time_to_restore_seconds', {
      1: { outages: Array(6).fill(0.9) },
      ...usually({ outages: [0.1, 0.1] }),
    });
    expect(found).toMatchObject({ verdict: 'same', doubt: null });
  });

  test('proves nothing when it stands on few samples', async () => {
    const found = await changeOf('change_failure_ratio', {
      1: { exposed: 4, escaped: 1 },
      ...usually({ exposed: 40, contained: 2 }),
    });
    expect(found).toMatchObject({ verdict: 'worse', doubt: 'few' });
    expect(found.text).toContain('usually 5 %: too few samples to conclude anything (fewer than 10).');
  });

  test('proves nothing when the weeks before stand on few samples', async () => {
    const found = await changeOf('lead_time_seconds', { 1: { lead: Array(20).fill(1) }, 2: { lead: [30] } });
    expect(found.doubt).toBe('few');
    expect(found.text).toContain('too few samples in the weeks before');
  });

  test('proves nothing when chance explains it', async () => {
    const found = await changeOf('change_failure_ratio', {
      1: { exposed: 25, escaped: 3 },
      ...usually({ exposed: 50, contained: 3 }),
    });
    expect(found).toMatchObject({ verdict: 'worse', doubt: 'chance' });
    expect(found.text).toBe(
      '12 % (3 of 25; 95 % interval 4–30 %), usually 6 %: higher, but no more than chance explains.',
    );
  });

  test('proves nothing when it is a median that lies among those of the weeks before', async () => {
    const lead = (hours: number) => ({ lead: Array(8).fill(hours) });
    const before = { 2: lead(5), 3: lead(5), 4: lead(12), 5: lead(5) };
    expect(await changeOf('lead_time_seconds', { 1: lead(10), ...before })).toMatchObject({
      doubt: 'chance',
    });
    expect(await changeOf('lead_time_seconds', { 1: lead(13), ...before })).toMatchObject({
      verdict: 'worse',
      doubt: null,
    });
  });

  test('proves nothing when the weeks before do not know it better', async () => {
    const found = await changeOf('change_failure_ratio', {
      1: { exposed: 10, escaped: 1 },
      ...usually({ exposed: 10 }),
    });
    expect(found).toMatchObject({ usual: 0, verdict: 'worse', doubt: 'chance' });
  });

  test('has no interval when more was rolled back than exposed, and is still compared', async () => {
    const found = await changeOf('change_failure_ratio', {
      1: { exposed: 10, escaped: 15 },
      ...usually({ exposed: 20, contained: 1 }),
    });
    expect(found).toMatchObject({ last: 1.5, interval: null, verdict: 'worse', doubt: null });
    expect(found.text).toBe('150 % (15 of 10), usually 5 %: worse.');
  });

  test('of a rate counts what chance does to counts, and a week without any counts', async () => {
    const rates = (last: number) =>
      changeOf('deployments_per_day', { 1: { exposed: last, outages: [1] }, ...usually({ exposed: 14 }) });
    expect(await rates(10)).toMatchObject({ verdict: 'worse', doubt: 'chance' });
    expect(await rates(0)).toMatchObject({ last: 0, verdict: 'worse', doubt: null });
    expect((await rates(0)).text).toBe('0.00 (no rollouts), usually 2.0: fewer than usual.');
    expect((await rates(28)).text).toBe('4.0 (28 rollouts), usually 2.0: more than usual.');
  });

  test('is held against the median of the four weeks before, not against all weeks', async () => {
    const found = await changeOf('deployments_per_day', {
      1: { exposed: 7 },
      2: { exposed: 7 },
      3: { exposed: 14 },
      4: { exposed: 70 },
      5: { exposed: 14 },
      6: { exposed: 700 },
    });
    expect(found.usual).toBe(2);
  });

  test('is not held against the weeks before there was anything', async () => {
    const found = await changeOf('deployments_per_day', { 1: { exposed: 14 }, 2: { exposed: 14 } });
    expect(found).toMatchObject({ usual: 2, verdict: 'same' });
  });

  test('says so when there is nothing, or nothing to compare with', async () => {
    const first = { 1: { exposed: 3, lead: [2] } };
    expect((await changeOf('time_to_restore_seconds', first)).text).toBe('– (no outages).');
    expect((await changeOf('lead_time_seconds', first)).text).toBe(
      '2 h (1 change); there are no weeks before to compare with.',
    );
    const calm = { 1: { exposed: 3 }, ...usually({ outages: [30] }) };
    expect((await changeOf('time_to_restore_seconds', calm)).text).toBe('– (no outages), usually 30 min.');
  });

  test('is computed for each service as for all together', async () => {
    const weeks = { 1: { exposed: 40, escaped: 10 }, ...usually({ exposed: 40, contained: 2 }) };
    const report = await reportOf([[stream(), weeks]]);
    const withoutWords = insightsOf(report).changed.map(
      ({ title: _title, text: _text, ...rest }): Trend => rest,
    );
    expect(report.services[0]?.movements).toEqual(withoutWords);
  });
});

describe('the summary', () => {
  const summary = async (...args: Parameters<typeof reportOf>) =>
    plain(insightsOf(await reportOf(...args)).summary);

  test('says what happened, of how many services', async () => {
    const [a, b] = [stream({ service: 'a' }), stream({ service: 'b', openSince: [noon] })];
    expect(
      await summary([
        [a, { 1: { exposed: 10, contained: 2 } }],
        [b, { 1: { exposed: 5, escaped: 1, outages: [30] } }],
      ]),
    ).toBe(
      '15 rollouts of 2 services met real traffic; 3 were rolled back, 2 of them before full traffic. 1 outage ended. Now 1 incident is open.',
    );
  });

  test.each([
    [{ exposed: 1 }, '1 rollout met real traffic; none was rolled back.'],
    [{ exposed: 2, escaped: 1 }, '2 rollouts met real traffic; 1 was rolled back, after full traffic.'],
    [{ contained: 2 }, 'No rollouts met real traffic; 2 were rolled back, all of them before full traffic.'],
    [{}, 'Nothing happened: no rollout met real traffic, none was rolled back, no outage ended.'],
  ])('of %j is: %s', async (week, words) => {
    expect(await summary([[stream(), { 1: week, 3: { exposed: 1 } }]])).toBe(words);
  });

  test('waits for the first full week', async () => {
    const { summary: words, week, lookAt } = insightsOf(await reportOf([[stream(), {}]], { weeks: 1 }));
    expect({ words, week, lookAt }).toEqual({ words: 'No full week is over yet.', week: null, lookAt: [] });
  });
});

describe('what to look at', () => {
  test('is nothing when nothing happened, and nothing when all is as usual', async () => {
    expect(await lookedAt([[stream(), { 3: { exposed: 4 } }]])).toEqual([]);
    const same = { exposed: 20, lead: Array(8).fill(5) };
    expect(await lookedAt([[stream(), { 1: same, ...usually(same) }]])).toEqual([]);
  });

  test('is at most three things: open incidents, then escaped failures, then what moved', async () => {
    const calm = usually({ exposed: 20, lead: Array(8).fill(5) });
    const slow = { 1: { exposed: 20, lead: Array(8).fill(50) }, ...calm };
    const items = await lookedAt([
      [stream({ service: 'slow', team: 'red' }), slow],
      [stream({ service: 'slower' }), { ...slow, 1: { exposed: 20, lead: Array(8).fill(90) } }],
      [stream({ service: 'open', openSince: [noon - 76 * hourMs, noon - hourMs] }), {}],
      [stream({ service: 'failing' }), { 1: { exposed: 4, escaped: 2, contained: 1 } }],
      [stream({ service: 'caught' }), { 1: { exposed: 4, contained: 3 } }],
    ]);
    expect(items.map(({ kind, service }) => [kind, service])).toEqual([
      ['open', 'open'],
      ['failures', 'failing'],
      ['worse', 'slower'],
    ]);
    expect(items.map(({ text }) => text)).toEqual([
      '2 incidents are open, the first for 3 d 4 h.',
      '2 rollouts were rolled back after full traffic, 1 more before it; customers spent 21 min on them, weighted by traffic.',
      'Lead time longer than usual: 3 d 18 h (8 changes), usually 5 h.',
    ]);
  });

  test('names what canaries caught where there is nothing worse', async () => {
    const [item] = await lookedAt([[stream({ team: 'red' }), { 1: { exposed: 4, contained: 3 } }]]);
    expect(item).toEqual({
      kind: 'contained',
      tone: 'good',
      service: 'checkout',
      team: 'red',
      metric: 'rolled_back_changes',
      text: 'All 3 failures were caught before full traffic; customers spent 1 min 30 s on them, weighted by traffic.',
    });
  });

  test('does not let many open incidents hide all else', async () => {
    const open = Array.from({ length: 5 }, (_, i) =>
      stream({ service: `open${i}`, openSince: [noon - hourMs] }),
    );
    const items = await lookedAt([
      ...open.map(of => [of, {}] as const),
      [stream({ service: 'failing' }), { 1: { exposed: 4, escaped: 2 } }],
    ]);
    expect(items.map(({ service }) => service)).toEqual(['open0', 'open1', 'failing']);
  });

  test('says when an incident was probably forgotten', async () => {
    const [item] = await lookedAt([[stream({ openSince: [noon - 9 * 24 * hourMs] }), {}]]);
    expect(item?.text).toBe(
      '1 incident is open, for 9 d; it may have been forgotten, or its resolution was lost.',
    );
  });

  test('is about all services together where each alone has too few samples', async () => {
    const stories = Array.from(
      { length: 5 },
      (_, i) => [stream({ service: `s${i}` }), { 1: { lead: [90, 90] }, ...usually({ lead: [5] }) }] as const,
    );
    expect(await lookedAt(stories)).toEqual([
      expect.objectContaining({ kind: 'worse', service: null, metric: 'lead_time_seconds' }),
    ]);
  });

  test('is the same every time, and holds no names in its words', async () => {
    const report = await hostileReport();
    expect(insightsOf(report)).toEqual(insightsOf(report));
    const words = JSON.stringify(insightsOf(report).lookAt.map(({ text }) => text));
    expect(words).not.toMatch(/script|evil|channel/);
  });
});
