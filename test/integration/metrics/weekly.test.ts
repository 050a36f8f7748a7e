import fc from 'fast-check';
import { fastify } from 'fastify';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { familyOf } from '../../../domain/metrics/families.ts';
import { seriesKey } from '../../../domain/reference.ts';
import { metricsRoutes } from '../../../services/metrics/app.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { storeSource } from '../../../services/metrics/live/source.ts';
import { type Metric, metrics } from '../../../services/metrics/report/headline.ts';
import type { Numbers, NumberTree } from '../../../services/metrics/report/numbers.ts';
import type { WeeklyReport } from '../../../services/metrics/report/report.ts';
import { restoreBases } from '../../../services/metrics/report/restore-bases.ts';
import type { Database } from '../../../store/schema/tables.ts';
import { openTestStore, type TestDatabase } from '../../support/databases/test-store.ts';
import { histories } from '../../support/histories/histories.ts';
import { parseSeries } from '../../support/histories/series.ts';
import { empty, storeBatch } from '../../support/histories/store.ts';
import { parseCsv, parseMarkdownTables, parseReportedNumber } from '../../support/product/report-tables.ts';
import { runs } from '../../support/run/properties.ts';

/** A Monday, 00:00 UTC: the last full week is the window of 7 days. Most of a history lies in that week. */
const monday = Date.UTC(2026, 4, 25);
const week = '2026-W21';

let store: TestDatabase<Database>;
beforeAll(async () => {
  store = await openTestStore('pglite');
});
afterAll(() => store.close());

/** What the running service says of the stored events, in every form. */
async function served() {
  const source = storeSource(store.db);
  const registry = new Registry();
  const now = () => monday;
  const onError = (error: unknown) => {
    throw error;
  };
  const snapshot = new Snapshot({ source, now, registry, onError });
  const app = fastify();
  app.register(metricsRoutes, { snapshot, source, registry, readToken: undefined, timezone: 'UTC', now });
  try {
    await snapshot.start();
    const get = async (url: string) => {
      const { statusCode, body } = await app.inject(url);
      if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${body}`);
      return body;
    };
    const report: WeeklyReport = restoreBases(JSON.parse(await get('/api/v1/weekly')));
    const teams = [...new Set(report.services.map(({ team }) => team))].filter(team => team !== '');
    return {
      series: parseSeries(await get('/metrics')),
      report,
      ofTeams: await Promise.all(
        teams.map(
          async (team): Promise<WeeklyReport> =>
            restoreBases(JSON.parse(await get(`/api/v1/weekly?${new URLSearchParams({ team })}`))),
        ),
      ),
      csv: parseCsv(await get('/api/v1/weekly?format=csv')),
      markdown: parseMarkdownTables(await get('/api/v1/weekly?format=md')),
      mail: tablesIn(await get('/api/v1/weekly?format=html')),
      // Other tables of the page have rows of services and weeks, too.
      page: titledCells(await get('/')).filter(({ cells }) => metrics.every(({ title }) => title in cells)),
    };
  } finally {
    await app.close();
    await snapshot.stop();
  }
}

test('JSON, CSV, Markdown, mail, page and /metrics agree on every number of a week', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async history => {
      await empty(store.db);
      await storeBatch(store.db, history);
      const { series, report, ofTeams, csv, markdown, mail, page } = await served();
      const last = weekIn(report);
      const wrong: string[] = [];
      const note = (what: string, faults: readonly string[]) =>
        wrong.push(...faults.map(fault => `${what}: ${fault}`));

      note('/metrics of the fleet', unlikeSeries(last, series, 'dora_fleet_', {}));
      for (const { service, team, lastWeek } of report.services)
        note('/metrics of a service', unlikeSeries(lastWeek ?? {}, series, 'dora_', { service, team }));
      for (const of of ofTeams)
        note('/metrics of a team', unlikeSeries(weekIn(of), series, 'dora_team_', { team: of.team ?? '' }));

      const rows = csv.filter(row => row['week'] === week || row['week'] === 'all');
      note(
        'CSV',
        unlikeRow(
          last,
          rows.find(row => row['scope'] === 'fleet' && row['week'] === week),
        ),
      );
      note(
        'CSV',
        unlikeRow(
          report.overall,
          rows.find(row => row['scope'] === 'fleet' && row['week'] === 'all'),
        ),
      );
      for (const { service, lastWeek, overall } of report.services) {
        const own = rows.filter(row => row['scope'] === 'service' && row['service'] === service);
        note(
          'CSV',
          unlikeRow(
            lastWeek ?? {},
            own.find(row => row['week'] === week),
          ),
        );
        note(
          'CSV',
          unlikeRow(
            overall,
            own.find(row => row['week'] === 'all'),
          ),
        );
      }

      const listed = markdown.get('Services') ?? [];
      const weeks = markdown.get('Week by week') ?? [];
      note(
        'Markdown',
        unlikeCells(
          last,
          weeks.find(row => row['Week'] === week),
        ),
      );
      note('Markdown', unlikeCells(report.overall, weeks.at(-1)));
      note(
        'mail',
        unlikeCells(
          last,
          mail.find(row => row['Week'] === week),
        ),
      );
      if (report.services.length > 0)
        // else the page says that there is nothing
        note('page', unlikeCells(last, page.find(({ head }) => head.includes(week))?.cells));
      for (const { service, lastWeek, openIncidents } of report.services) {
        const happened = lastWeek !== null && metrics.some(metric => metric.samples(lastWeek) > 0);
        const row = listed.find(each => each['Service'] === service);
        expect(row !== undefined).toBe(happened || openIncidents > 0);
        if (lastWeek === null || row === undefined) continue;
        note('Markdown', unlikeCells(lastWeek, row));
        note(
          'mail',
          unlikeCells(
            lastWeek,
            mail.find(each => each['Service']?.startsWith(service)),
          ),
        );
        note('page', unlikeCells(lastWeek, page.find(({ head }) => head.startsWith(service))?.cells));
      }
      expect(wrong).toEqual([]);
    }),
    { numRuns: runs(40) },
  );
});

function weekIn(report: WeeklyReport): Numbers {
  const found = report.weeks.find(({ week: label, partial }) => label === week && !partial);
  if (!found) throw new Error(`${week} is not in the report`);
  return found.numbers;
}

/** Every number with the names that lead to it. */
function leaves(
  numbers: NumberTree,
  path: readonly string[] = [],
): { path: string[]; value: number | null }[] {
  return Object.entries(numbers).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, [...path, name])
      : [{ path: [...path, name], value }],
  );
}

const labelNames = (metric: string) => Object.keys(familyOf(metric)?.series[0]?.labels ?? {});

/** A scope with nothing in the longest window has no series; then there must be nothing in the report, either. */
function unlikeSeries(
  numbers: NumberTree,
  series: ReadonlyMap<string, number>,
  prefix: string,
  about: Readonly<Record<string, string>>,
): string[] {
  const environment = 'production';
  const isShown = series.has(seriesKey(`${prefix}open_incidents`, { ...about, environment }));
  return leaves(numbers).flatMap(({ path: [name = '', ...values], value }) => {
    const names = labelNames(name);
    const labels = Object.fromEntries(values.map((text, i) => [names[i] ?? '', text]));
    const key = seriesKey(prefix + name, { ...about, environment, window: '7d', ...labels });
    const shown = series.get(key) ?? (isShown ? null : value === 0 ? 0 : null);
    return shown === value ? [] : [`${key}: ${shown}, in the report ${value}`];
  });
}

function unlikeRow(numbers: NumberTree, row: Readonly<Record<string, string>> | undefined): string[] {
  return leaves(numbers).flatMap(({ path, value }) => {
    const text = row?.[path.join('_')];
    const read = text === undefined || text === '' ? null : Number(text);
    return read === value ? [] : [`${path.join('_')}: ${text}, in the report ${value}`];
  });
}

function unlikeCells(numbers: Numbers, row: Readonly<Record<string, string>> | undefined): string[] {
  return metrics.flatMap(metric => {
    const text = row?.[metric.title];
    if (text === undefined) return [`${metric.title} is missing`];
    return isSaidOf(metric, numbers, text) ? [] : [`${metric.title}: ${text}, not ${metric.value(numbers)}`];
  });
}

function isSaidOf(metric: Metric, numbers: Numbers, text: string): boolean {
  const said = parseReportedNumber(text);
  const value = metric.value(numbers);
  if (said === null) return value === null || metric.samples(numbers) === 0;
  return (
    value !== null &&
    said.samples === metric.samples(numbers) &&
    Math.abs(said.value - value) <= said.within + 1e-9
  );
}

const plain = (html: string) =>
  html
    .replaceAll(/<[a-z/][^>]*>/gi, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('\u00a0', ' ')
    .trim();

/** Rows of tables that have a head, by its cells. */
function tablesIn(html: string): Record<string, string>[] {
  return [...html.matchAll(/<thead>(.*?)<\/thead><tbody>(.*?)<\/tbody>/gs)].flatMap(
    ([, head = '', body = '']) => {
      const names = [...head.matchAll(/<th\b[^>]*>(.*?)<\/th>/gs)].map(([, name = '']) => plain(name));
      return [...body.matchAll(/<tr><th\b.*?<\/tr>(?!<\/table>)/gs)].map(([row]) => {
        const cells = [...row.matchAll(/<t[hd](?: scope="row")? align[^>]*>(.*?)<\/t[hd]>/gs)].map(
          ([, cell = '']) => plain(cell),
        );
        return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
      });
    },
  );
}

/** Rows whose cells say of which metric they are: the first value in each, with its samples. */
function titledCells(html: string): { head: string; cells: Record<string, string> }[] {
  return [...html.matchAll(/<tr\b[^>]*>\s*<th scope="row"[^>]*>(.*?)<\/th>(.*?)<\/tr>/gs)].map(
    ([, head = '', row = '']) => ({
      head: plain(head),
      cells: Object.fromEntries(
        [...row.matchAll(/<td\b[^>]*data-title="([^"]*)"[^>]*>(.*?)<\/td>/gs)].map(
          ([, title = '', cell = '']) => {
            const [, value = '', sample = ''] =
              /<span class="value">(.*?)<\/span>( <small>\(.*?\)<\/small>)?/s.exec(cell) ?? [];
            return [title, `${plain(value)} ${plain(sample)}`.trim()];
          },
        ),
      ),
    }),
  );
}
