import { globSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fill } from '../../demo/fill.ts';
import { openPostgres } from '../../platform/database/postgres.ts';
import type { Database } from '../../store/schema/tables.ts';
import { readText, root } from '../support/compose/file.ts';
import {
  type Dashboard,
  expandMacros,
  fillVariables,
  type Panel,
  panelsOf,
  readDashboards,
  type Target,
  type TimeRange,
  type Value,
  type Values,
  type Variable,
} from '../support/monitoring/dashboards.ts';
import { type Prometheus, type PrometheusSeries, startPrometheus } from '../support/monitoring/prometheus.ts';
import { type Distributed, prepareDistributed } from '../support/product/distributed.ts';
import { waitFor } from '../support/product/process.ts';
import type { Service } from '../support/product/service.ts';
import {
  alertmanagerMessage,
  highErrorRate,
} from '../unit/services/collector/sources/alertmanager/payloads.ts';

const dashboards = readDashboards();
const day = 86_400_000;
const startedAt = Date.now();
const catalogue = join(tmpdir(), `firstlight-dashboards-${process.pid}.yaml`);

let run: Distributed;
let collector: Service;
let metrics: Service;
let prometheus: Prometheus;
let database: Client;
let pulses = 0;

beforeAll(async () => {
  writeFileSync(catalogue, JSON.stringify({ services: [{ name: 'pulse', team: 'heart' }] }));
  run = await prepareDistributed();
  const db = openPostgres<Database>(run.databaseUrl, {
    connectionsMax: 2,
    applicationName: 'firstlight tests',
  });
  await fill(db, { now: startedAt, seed: 7, services: 8, weeks: 16 });
  await db.destroy();
  collector = await run.start('collector', { SERVICES_FILE: catalogue, WEBHOOK_TOKEN: 'token' });
  const consumer = await run.start('consumer');
  metrics = await run.start('metrics');
  prometheus = await startPrometheus({
    'firstlight-collector': new URL(collector.url).host,
    'firstlight-consumer': new URL(consumer.url).host,
    'firstlight-metrics': new URL(metrics.url).host,
  });
  database = new Client({ connectionString: run.databaseUrl });
  await database.connect();
  await database.query('set default_transaction_read_only = on');
  await pulse();
});

afterAll(async () => {
  await database?.end();
  await prometheus?.[Symbol.asyncDispose]();
  await run?.[Symbol.asyncDispose]();
  rmSync(catalogue, { force: true });
});

/** Causes activity in every part of the pipeline, because the rates of idle parts are zero. */
async function pulse(): Promise<void> {
  const change = `pulse-${++pulses}`;
  const flag = { type: 'flag_changed', flag: 'beat', variant: change, service: 'pulse', team: 'heart' };
  const exposed = { type: 'change_exposed', service: 'pulse', change, weight: 10, team: 'heart' };
  expect((await collector.post([exposed, flag])).status).toBe(202);
  expect((await collector.post([{ ...exposed, weight: 101 }])).status).toBe(400);
  const labels = { ...highErrorRate.labels, service: 'nobody-knows' };
  const answer = await fetch(`${collector.url}/v1/webhooks/alertmanager/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alertmanagerMessage([{ ...highErrorRate, labels, fingerprint: change }])),
  });
  expect(answer.status).toBe(202);
}

function rangeOf(dashboard: Dashboard): TimeRange {
  // Prometheus has scraped for some seconds only, so older numbers come from the database.
  const days = dashboard.uid === 'firstlight-weekly' ? 12 * 7 : 30;
  return { from: new Date(startedAt - days * day), to: new Date(Date.now() + 60_000) };
}

/** The variables of a dashboard, each with a value from its query. */
async function choose(dashboard: Dashboard): Promise<Values> {
  const values = new Map<string, Value>([
    ['__rate_interval', '15s'],
    ['__range', '1h'],
  ]);
  for (const variable of dashboard.templating.list) values.set(variable.name, await chosen(variable, values));
  // The metrics service of this run
  values.set('firstlight', { raw: metrics.url });
  return values;
}

async function chosen(variable: Variable, values: Values): Promise<Value> {
  const { name, type, query, current, includeAll, allValue } = variable;
  if (type !== 'query') return current?.value ?? query;
  const options = await optionsOf(variable, values);
  expect([name, options.length]).not.toEqual([name, 0]);
  if (includeAll) return allValue === undefined ? options : { raw: allValue };
  if (current !== undefined) {
    expect(options).toContain(current.value);
    return current.value;
  }
  const eventful =
    'topk(1, dora_recovery_time_samples{window="30d", environment="production"} and (dora_time_to_restore_samples > 0))';
  const [best] = await series(eventful);
  expect(options).toContain(best?.metric['service']);
  return best?.metric['service'] ?? '';
}

async function optionsOf({ query, datasource }: Variable, values: Values): Promise<string[]> {
  if (datasource?.uid === '${postgres_datasource}') {
    const { rows } = await database.query({
      text: fillVariables(query, values, 'sqlstring'),
      rowMode: 'array',
    });
    return rows.map(([value]) => value);
  }
  const [, match = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
  return prometheus.ask<string[]>(`label/${label}/values`, {
    'match[]': fillVariables(match, values, 'regex'),
  });
}

async function series(query: string): Promise<readonly PrometheusSeries[]> {
  return (await prometheus.ask<{ result: readonly PrometheusSeries[] }>('query', { query })).result;
}

/** The number of values in the answer of a query. @throws {Error} when the query is invalid */
async function numbersOf(target: Target, values: Values, range: TimeRange): Promise<number> {
  if (target.rawSql !== undefined) {
    const { rows } = await database.query(
      expandMacros(fillVariables(target.rawSql, values, 'sqlstring'), range),
    );
    const isTold = (row: Readonly<Record<string, unknown>>) =>
      Object.entries(row).some(([column, value]) => column !== 'time' && value !== null);
    return rows.filter(isTold).length;
  }
  const query = fillVariables(target.expr ?? '', values, 'regex');
  if (target.instant)
    return (await series(query)).filter(({ value }) => Number.isFinite(Number(value?.[1]))).length;
  const now = Date.now() / 1000;
  const asked = { query, start: String(now - 60), end: String(now), step: '1' };
  const { result } = await prometheus.ask<{ result: readonly PrometheusSeries[] }>('query_range', asked);
  return result.flatMap(({ values = [] }) => values.filter(([, value]) => Number.isFinite(Number(value))))
    .length;
}

describe.each(dashboards)('$title', dashboard => {
  let values: Values;
  beforeAll(async () => {
    values = await waitFor(() => choose(dashboard), { what: 'values of the variables', deadlineMs: 60_000 });
  });

  test('shows data in every panel', async () => {
    const waiting = new Map(
      panelsOf(dashboard).flatMap(panel =>
        (panel.targets ?? []).map(target => [`${panel.title} ${target.refId}`, target] as const),
      ),
    );
    expect(waiting.size).toBeGreaterThan(0);
    const isShown = async () => {
      await pulse();
      for (const [name, target] of waiting)
        if ((await numbersOf(target, values, rangeOf(dashboard))) > 0) waiting.delete(name);
      return [...waiting.keys()];
    };
    await expect.poll(isShown, { timeout: 60_000, interval: 1_000 }).toEqual([]);
  });

  test('annotates rollbacks, incidents and flag changes, each with its time and a text', async () => {
    for (const { name, target } of dashboard.annotations.list) {
      const sql = expandMacros(fillVariables(target.rawSql ?? '', values, 'sqlstring'), rangeOf(dashboard));
      const { rows } = await database.query(sql);
      expect([name, rows.length]).not.toEqual([name, 0]);
      for (const row of rows)
        expect(row).toMatchObject({ time: expect.any(Date), text: expect.stringMatching(/\w/) });
    }
  });

  test('links to pages that exist: the weekly page, and receipts', async () => {
    const links = [...dashboard.links, ...panelsOf(dashboard).flatMap(linksOf)];
    const urls = new Set(links.map(({ url }) => url).filter(url => url?.startsWith('${firstlight}')));
    expect(urls.size).toBeGreaterThan(0);
    for (const url of urls) {
      // A link in a table uses the values of its row, here any service.
      const whole = fillVariables(url, values, 'percentencode').replace(
        /\$\{__[\w.]+:percentencode\}/g,
        'checkout',
      );
      const answer = await fetch(whole);
      expect([whole, answer.status]).toEqual([whole, 200]);
    }
  });
});

const linksOf = ({ links = [], fieldConfig }: Panel) => [
  ...links,
  ...(fieldConfig?.overrides ?? [])
    .flatMap(({ properties }) => properties)
    .flatMap(({ id, value }) => (id === 'links' ? (value as { readonly url: string }[]) : [])),
];

test('no query and no rule names a series that does not exist', async () => {
  const expressions = [
    ...dashboards.flatMap(panelsOf).flatMap(({ targets = [] }) => targets.map(({ expr = '' }) => expr)),
    ...dashboards.flatMap(({ templating }) => templating.list.map(({ query }) => query)),
    ...globSync('dashboards/prometheus/rules/*.yml', { cwd: root }).map(readText),
  ];
  const named = new Set(expressions.flatMap(text => text.match(/\b(dora|firstlight)_\w+/g) ?? []));
  expect(named.size).toBeGreaterThan(30);
  const known = await prometheus.ask<string[]>('label/__name__/values', {});
  expect([...named].filter(name => !known.includes(name))).toEqual([]);
});

test('the weekly trends are those of the weekly page', async () => {
  const dashboard = dashboards.find(({ uid }) => uid === 'firstlight-weekly') as Dashboard;
  const values = await choose(dashboard);
  const { text } = await metrics.get('/api/v1/weekly?weeks=12');
  const report = JSON.parse(text) as { readonly weeks: readonly ReportedWeek[] };
  const weeks = report.weeks.filter(({ partial }) => !partial);
  expect(weeks.length).toBeGreaterThan(10);
  const range = { from: new Date(weeks[0]?.from ?? 0), to: new Date() };
  for (const [title, valuesOf] of Object.entries(trendValues)) {
    const target = panelsOf(dashboard).find(panel => panel.title === title)?.targets?.[0];
    const { rows } = await database.query(
      expandMacros(fillVariables(target?.rawSql ?? '', values, 'sqlstring'), range),
    );
    const shown = new Map(rows.map(({ time, ...columns }) => [time.toISOString(), Object.values(columns)]));
    for (const { from, numbers } of weeks) {
      // The page's quantiles are accurate to 1 %.
      const expected = valuesOf(numbers).map(value =>
        value === null ? null : expect.closeTo(value, near(value)),
      );
      expect([title, from, shown.get(from)]).toEqual([title, from, expected]);
    }
  }
});

interface ReportedWeek {
  readonly from: string;
  readonly partial: boolean;
  readonly numbers: Numbers;
}
type Numbers = Readonly<Record<string, number | null | Readonly<Record<string, number | null>>>>;

const plain = (name: string) => (numbers: Numbers) => [numbers[name] as number | null];
const labelled =
  (name: string, ...values: readonly string[]) =>
  (numbers: Numbers) =>
    values.map(value => (numbers[name] as Readonly<Record<string, number | null>>)[value] ?? null);

const trendValues: Readonly<Record<string, (numbers: Numbers) => (number | null)[]>> = {
  'Change failure ratio': plain('change_failure_ratio'),
  'Lead time': labelled('lead_time_seconds', '0.5', '0.9'),
  'Time to restore': labelled('time_to_restore_seconds', '0.5', '0.9'),
  'Recovery time': labelled('recovery_time_seconds', '0.5', '0.9'),
  'Rollouts exposed': plain('exposed_changes'),
  'Rolled back: contained and escaped': labelled('rolled_back_changes', 'contained', 'escaped'),
  'Progressive ratio': plain('progressive_ratio'),
  'Rework ratio': plain('rework_ratio'),
  'Deployments per day': plain('deployments_per_day'),
  'Failed exposure': plain('failed_exposure_seconds'),
};

/** The decimal digits for `closeTo` that allow a difference of a hundredth of the value. */
const near = (value: number) => (value === 0 ? 9 : -Math.log10(Math.abs(value) * 0.02));
