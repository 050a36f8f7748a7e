import { describe, expect, test } from 'vitest';
import { insightsOf } from '../../../../../services/metrics/report/insights.ts';
import { weeklyCsv } from '../../../../../services/metrics/report/render/csv.ts';
import { isFormat, renderReport } from '../../../../../services/metrics/report/render/formats.ts';
import { mailSubject, weeklyMail, weeklyText } from '../../../../../services/metrics/report/render/mail.ts';
import { weeklyMarkdown } from '../../../../../services/metrics/report/render/markdown.ts';
import { slackMessage } from '../../../../../services/metrics/report/render/slack.ts';
import { parseCsv, parseMarkdownTables } from '../../../../support/product/report-tables.ts';
import { stream } from '../memory-source.ts';
import { hostileNames, hostileReport, reportOf, usually } from './weekly-reports.ts';

const base = 'https://dora.example';
const example = () =>
  reportOf([
    [
      stream({ service: 'checkout', team: 'payments' }),
      { 1: { exposed: 4, escaped: 1, contained: 1, lead: [2] } },
    ],
    [stream({ service: 'search' }), { 1: { exposed: 20 }, ...usually({ exposed: 20 }) }],
  ]);

describe('the report as CSV', () => {
  test('has a row for each week, for all weeks, and two for each service', async () => {
    const rows = parseCsv(weeklyCsv(await example()));
    expect(rows).toHaveLength(12 + 1 + 4);
    expect(rows[10]).toMatchObject({
      scope: 'fleet',
      service: '',
      week: '2026-W46',
      partial: 'false',
      exposed_changes: '24',
      rolled_back_changes_contained: '1',
      change_failure_ratio: String(2 / 24),
      'lead_time_seconds_0.5': '7200',
      'time_to_restore_seconds_0.5': '',
      'stage_seconds_merged_to_exposed_0.9': '7200',
    });
    expect(rows.slice(-4).map(({ service, team, week }) => [service, team, week])).toEqual([
      ['checkout', 'payments', '2026-W46'],
      ['checkout', 'payments', 'all'],
      ['search', '', '2026-W46'],
      ['search', '', 'all'],
    ]);
  });

  test('gives a spreadsheet no formula, and gives every name back', async () => {
    const text = weeklyCsv(await hostileReport('=1+1'));
    const rows = parseCsv(text);
    expect(new Set(rows.slice(13).map(({ service }) => service))).toEqual(new Set(hostileNames));
    expect(rows[0]?.['environment']).toBe('=1+1');
    // As a spreadsheet takes a cell: without its quotes.
    for (const [, cell = ''] of text.matchAll(/(?:^|,|\r\n)"((?:[^"]|"")*)"/g))
      expect(cell).not.toMatch(/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/);
  });
});

describe('the report as Markdown', () => {
  test('is one page: what happened, what to look at, what changed, and the numbers', async () => {
    const report = await example();
    const text = weeklyMarkdown(report, insightsOf(report), base);
    expect(text).toContain(
      '# All services in production, 2026-W46 (9 – 15 Nov)\n\n24 rollouts of 2 services met',
    );
    expect(text).toContain(
      '1. **checkout** (payments): 1 rollout was rolled back after full traffic, 1 more before it;',
    );
    expect(text).toContain(
      `[See](${base}/receipts?metric=rolled_back_changes&environment=production&service=checkout&week=2026-W46)`,
    );
    expect(text).toContain('- **Change failure ratio**: 8 % (2 of 24; 95 % interval 2–26 %), usually 0 %');
    const tables = parseMarkdownTables(text);
    expect(tables.get('Services')).toHaveLength(2);
    expect(tables.get('Services')?.[0]).toMatchObject({
      Service: 'checkout',
      Team: 'payments',
      'Change failure ratio': '50 % (2 of 4)',
      'Lead time': '2 h (1 change)',
      'Time to restore': '–',
    });
    expect(tables.get('Week by week')).toHaveLength(13);
  });

  test('has no empty parts when nothing happened', async () => {
    const report = await reportOf([[stream(), { 4: { exposed: 1 } }]]);
    const text = weeklyMarkdown(report, insightsOf(report), base);
    expect(text).toContain('Nothing happened: ');
    expect(text).toContain('Nothing stands out.');
    expect(text).not.toContain('## To look at');
    expect(text).not.toContain('## Services');
  });

  test('shows names as they are: no cell, link, heading or HTML comes of them', async () => {
    const report = await hostileReport();
    const text = weeklyMarkdown(report, insightsOf(report), base);
    const rows = parseMarkdownTables(text).get('Services') ?? [];
    expect(rows).toHaveLength(20);
    const printable = (name: string) => name.replaceAll(/[\p{Cc}\u202a-\u202e]+/gu, ' ').trim();
    const found = rows.map(({ Service = '' }) => Service.replaceAll(/[\u2068\u2069]/g, ''));
    expect(new Set(found)).toEqual(new Set(hostileNames.map(printable)));
    expect(text).not.toMatch(/<(?!1)/); // "< 1 s" is ours
    const links = [...text.matchAll(/(?<!\\)\]\(([^)]*)\)/g)].map(([, target]) => target);
    expect(links.every(target => target?.startsWith(`${base}/`))).toBe(true);
    expect(text).not.toMatch(/(?<!\\)!\[|https?:\/\/evil/);
  });
});

describe('the report as a message', () => {
  test('says what happened, what to look at and what changed, in blocks and in text', async () => {
    const report = await example();
    const message = slackMessage(report, insightsOf(report), base);
    const [header, summary, first] = message.blocks;
    expect(header).toEqual({
      type: 'header',
      text: { type: 'plain_text', text: 'All services, production: 2026-W46 (9 – 15 Nov)', emoji: false },
    });
    expect(summary).toMatchObject({ type: 'section', text: { type: 'mrkdwn', verbatim: true } });
    expect(first).toMatchObject({
      text: {
        text: expect.stringMatching(
          /^:small_red_triangle: \*checkout\* \(payments\): 1 rollout was .* <https:\/\/dora\.example\/receipts\?metric=rolled_back_changes&amp;environment=production&amp;service=checkout&amp;week=2026-W46\|See>$/,
        ),
      },
    });
    expect(message.text).toContain('*Change failure ratio*: 8 % (2 of 24');
  });

  test('keeps to Slack’s limits and notifies nobody, whatever the names are', async () => {
    for (const name of hostileNames) {
      const of = stream({ service: name, team: name, environment: name, openSince: [1] });
      const report = await reportOf([[of, { 1: { exposed: 3, escaped: 1 } }]], {
        service: name,
        team: name,
        environment: name,
      });
      const { blocks, text } = slackMessage(report, insightsOf(report), base);
      expect(blocks.length).toBeLessThanOrEqual(50);
      const texts = blocks.flatMap(textsIn);
      for (const { type, text: shown } of texts) {
        expect(shown.length).toBeGreaterThan(0);
        expect(shown.length).toBeLessThanOrEqual(type === 'plain_text' ? 150 : 3000);
      }
      const marked = [...texts.filter(({ type }) => type === 'mrkdwn').map(({ text: shown }) => shown), text];
      for (const shown of marked) {
        const controls = [...shown.matchAll(/<([^>]*)>/g)].map(([, inner = '']) => inner);
        expect(
          controls.every(inner => inner.startsWith(`${base}/`) && /\|(See|the whole page)$/.test(inner)),
        ).toBe(true);
        expect(shown.replaceAll(/<[^>]*>/g, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)|@channel/);
      }
    }
  });
});

interface SlackText {
  readonly type: string;
  readonly text: string;
}

function textsIn(block: object): SlackText[] {
  const { text, elements }: { text?: SlackText; elements?: SlackText[] } = block;
  return [...(text ? [text] : []), ...(elements ?? [])];
}

describe('the report as a mail', () => {
  test('is a page of tables that loads and runs nothing', async () => {
    const report = await hostileReport();
    const html = weeklyMail(report, insightsOf(report), base);
    expect(html).not.toMatch(/<(script|link|img|style|svg|iframe|form)\b|@import|url\(|\son\w+="/i);
    const addresses = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to = '']) => to);
    expect(addresses.length).toBeGreaterThan(3);
    expect(addresses.every(to => to.startsWith(`${base}/`))).toBe(true);
    expect(html).toContain('<bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</bdi>');
    expect(html).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  test('has a text and a subject of one line', async () => {
    const report = await example();
    const insights = insightsOf(report);
    expect(mailSubject(report, insights)).toBe('All services, production: 2026-W46');
    const text = weeklyText(report, insights, base);
    expect(text).toContain('To look at:\n1. checkout (payments): 1 rollout was rolled back');
    expect(text).toContain('- Lead time: 2 h (1 change)');
    for (const name of hostileNames) {
      const about = await reportOf([[stream({ service: name }), {}]], { service: name });
      expect(mailSubject(about, insightsOf(about))).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    }
  });
});

test('there are four formats', async () => {
  const report = await example();
  expect(['json', 'csv', 'md', 'html'].every(isFormat)).toBe(true);
  expect(isFormat('pdf')).toBe(false);
  expect(JSON.parse(renderReport(report, 'json', base).body)).toEqual(
    JSON.parse(JSON.stringify({ ...report, insights: insightsOf(report) })),
  );
});
