import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostedAlert, startAlertmanager } from '../support/monitoring/alertmanager.ts';
import { type Product, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const token = 'wht-7f1b0c5e9a';
const example = readFileSync(
  new URL('../../examples/alertmanager/alertmanager.yml', import.meta.url),
  'utf8',
);

const folder = temporaryFolder();
let product: Product;

beforeAll(async () => {
  product = await startProduct({ dataDir: join(folder.path, 'data'), env: { WEBHOOK_TOKEN: token } });
});
afterAll(async () => {
  await product.stop();
  folder[Symbol.dispose]();
});

/** The example with another address, another token file and shorter intervals. */
function configOf(url: string, tokenFile: string): string {
  const replacements = [
    ['http://firstlight:8080/', `${url}/`],
    ['/etc/alertmanager/firstlight-token', tokenFile],
    ['group_interval: 10s', 'group_interval: 1s'],
    ['repeat_interval: 4h', 'repeat_interval: 1s'],
  ] as const;
  return replacements.reduce((text, [from, to]) => {
    expect(text.split(from)).toHaveLength(2);
    return text.replace(from, to);
  }, example);
}

/** The value of the only series with this name and these labels; null if there is none. */
async function seriesValue(name: string, labels: Readonly<Record<string, string>>) {
  const { text } = await product.get('/metrics');
  const lines = text
    .split('\n')
    .filter(line => line.startsWith(`${name}{`))
    .filter(line => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)));
  expect(lines.length).toBeLessThan(2);
  return lines[0] === undefined ? null : Number(lines[0].split(' ').at(-1));
}

/** Starts Alertmanager with the configuration of the example, and this token in its token file. */
function startExample(name: string, token: string) {
  const tokenFile = join(folder.path, `${name}-token`);
  writeFileSync(tokenFile, token);
  return startAlertmanager(join(folder.path, name), configOf(product.url, tokenFile));
}

test('Alertmanager fires, repeats and resolves an alert', async () => {
  await using alertmanager = await startExample('alertmanager', token);
  const minutes = (count: number) => new Date(Date.now() + count * 60_000);
  const alert: PostedAlert = {
    labels: { alertname: 'HighErrorRate', service: 'checkout', environment: 'prod', severity: 'critical' },
    annotations: { summary: 'Over 5 % of requests fail' },
    startsAt: minutes(-30),
    endsAt: minutes(5),
  };
  const harmless = {
    ...alert,
    labels: { alertname: 'DeploymentNearby', service: 'checkout', severity: 'info' },
  };
  const checkout = { service: 'checkout', environment: 'production' };
  const open = () => seriesValue('dora_open_incidents', checkout);
  const acceptedOf = (type: string) =>
    seriesValue('firstlight_events_accepted_total', { source: 'alertmanager', type });

  await alertmanager.post(alert, harmless);
  await expect.poll(open, { timeout: 60_000 }).toBe(1);

  await expect.poll(() => acceptedOf('incident_detected'), { timeout: 60_000 }).toBeGreaterThan(1);
  expect(await open()).toBe(1);

  const endsAt = minutes(-10);
  await alertmanager.post({ ...alert, endsAt });
  await expect.poll(open, { timeout: 60_000 }).toBe(0);
  const restored = (name: string) =>
    seriesValue(`dora_time_to_restore_${name}`, { ...checkout, window: '7d' });
  expect(await restored('samples')).toBe(1);
  const outage = (endsAt.getTime() - alert.startsAt.getTime()) / 1000;
  expect(await restored('mean_seconds')).toBeCloseTo(outage, 2);
  expect(await acceptedOf('incident_resolved')).toBeGreaterThan(0);
  expect(alertmanager.output()).not.toMatch(/level=error/);
});

test('a wrong token is refused, and nothing is stored', async () => {
  await using alertmanager = await startExample('stranger', `${token}x`);
  await alertmanager.post({
    labels: { alertname: 'HighErrorRate', service: 'stranger', severity: 'critical' },
    startsAt: new Date(),
    endsAt: new Date(Date.now() + 60_000),
  });
  await expect.poll(alertmanager.output, { timeout: 60_000 }).toMatch(/unexpected status code 401/);
  const { text } = await product.get('/metrics');
  expect(text).not.toContain('stranger');
});
