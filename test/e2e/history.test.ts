import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identify } from '../../domain/events/identity.ts';
import { formatTime } from '../../domain/events/time.ts';
import { windows } from '../../domain/metrics/definitions.ts';
import { reference, seriesKey } from '../../domain/reference.ts';
import { firstlight } from '../integration/cli/firstlight.ts';
import { histories } from '../support/histories/histories.ts';
import { differences, parseSeries } from '../support/histories/series.ts';
import type { WholeEvent } from '../support/histories/shown.ts';
import { attributionWindowMs } from '../support/histories/store.ts';
import { seriesAt, windowDifferences } from '../support/monitoring/exports.ts';
import { type PrometheusSeries, startPrometheus } from '../support/monitoring/prometheus.ts';
import { moveToPresent } from '../support/product/present.ts';
import { type Product, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const hour = 3_600_000;
const folder = temporaryFolder();
const file = join(folder.path, 'past.om');
const sentEvents: WholeEvent[] = [];
let product: Product;
beforeAll(async () => {
  product = await startProduct({ dataDir: join(folder.path, 'data') });
  for (const [run, history] of fc.sample(histories, { seed: 7, numRuns: 8 }).entries())
    sentEvents.push(...history.map(moveToPresent(run)));
  sentEvents.push({
    ...{ type: 'change_exposed', service: 'a "quoted" \\ 🚀 name', team: '<b>', change: 'c' },
    ...{ id: 'odd', source: 'test', time: formatTime(Date.now() - 30 * hour) },
  });
  expect((await product.post(sentEvents)).status).toBe(202);
});
afterAll(async () => {
  await product.stop();
  folder[Symbol.dispose]();
});

const exporting = (...args: string[]) => firstlight(['export', 'openmetrics', '--url', product.url, ...args]);
/** Full hours of the last two days, which have data. */
const moments = [40, 26, 13, 5].map(hours => Math.floor(Date.now() / hour) * hour - hours * hour);

test('a new Prometheus shows the past according to the definitions', async () => {
  const from = formatTime(Date.now() - 60 * hour);
  const done = await exporting('--from', from, '--out', file, '--label', 'job=firstlight-metrics');
  expect(done).toMatchObject({ status: 0, stdout: '' });

  const blocks = join(folder.path, 'blocks');
  const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, blocks], {
    encoding: 'utf8',
  });
  if (made.error) throw new Error("promtool cannot be run: install Debian's package prometheus");
  expect(made.stderr).toBe('');
  expect(made.status).toBe(0);

  await using prometheus = await startPrometheus({}, blocks);
  const events = sentEvents.map(event => identify(event, event.source, 0).event);
  for (const moment of moments) {
    const found = await prometheus.ask<{ result: PrometheusSeries[] }>('query', {
      query: '{__name__=~"dora_.+"}',
      time: String(moment / 1000),
    });
    const got = new Map(
      found.result.map(({ metric, value }) => {
        const { __name__: name = '', job, ...labels } = metric;
        expect(job).toBe('firstlight-metrics');
        // Prometheus drops empty labels.
        const team = name.startsWith('dora_fleet_') || labels['team'] !== undefined ? {} : { team: '' };
        return [seriesKey(name, { ...labels, ...team }), Number(value?.[1])];
      }),
    );
    expect(got.size).toBeGreaterThan(100);
    expect(differences(got, seriesAt(moment, unlabelled(readFileSync(file, 'utf8'))))).toEqual([]);
    const wanted = reference(events, { now: moment, windowDays: windows, attributionWindowMs });
    expect(windowDifferences(got, wanted)).toEqual([]);
  }
});

const unlabelled = (text: string) => text.replaceAll(',job="firstlight-metrics"', '');

test('without a file the export goes to the standard output, with the requested steps', async () => {
  const to = moments.at(-1) ?? 0;
  const args = ['--from', formatTime(to - 2 * hour), '--to', formatTime(to), '--every', '30m'];
  const { status, stdout } = await exporting(...args);
  expect(status).toBe(0);
  expect(stdout.endsWith('\n# EOF\n')).toBe(true);
  expect(stdout).toContain('# TYPE dora_rollouts counter\n');
  const times = new Set(stdout.split('\n').flatMap(line => /^dora_.* (\d+)$/.exec(line)?.[1] ?? []));
  const wanted = [0, 1, 2, 3, 4].map(step => String((to - 2 * hour + step * 30 * 60_000) / 1000));
  expect([...times].sort()).toEqual(wanted);
  expect(parseSeries(stdout)).toEqual(new Map());
});

test('an impossible request is explained in a sentence', async () => {
  const { status, stderr } = await exporting('--from', 'yesterday', '--every', '5', '--label', 'service=x');
  expect(status).toBe(1);
  expect(stderr).toContain('from must be a day (2025-11-01) or an RFC 3339 time');
  expect(stderr).toContain('every must be a length such as 15m, 1h or 1d');
  expect(stderr).toContain('label service is a label of the numbers themselves');
  const unreachable = ['export', 'openmetrics', '--from', '2025-11-01', '--retries', '0'];
  expect(await firstlight([...unreachable, '--url', 'http://127.0.0.1:9'])).toMatchObject({ status: 3 });
});
