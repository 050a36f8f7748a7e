import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Receipt } from '../../services/metrics/receipts/receipt.ts';
import { firstlight } from '../integration/cli/firstlight.ts';
import { shown } from '../support/histories/shown.ts';
import { openBrowser, seriousViolations } from '../support/product/browser.ts';
import { startProduct, temporaryFolder } from '../support/product/standalone.ts';

const token = 'a-token-to-read-with';
const hourAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
const service = 'checkout';
const events = [
  {
    type: 'change_created',
    service,
    change: 'acme/shop#1',
    time: hourAgo(9),
    id: '1',
    title: '<Faster> checkout',
  },
  { type: 'change_merged', service, change: 'acme/shop#1', time: hourAgo(8), id: '2' },
  { type: 'change_exposed', service, change: 'acme/shop#1', weight: 5, time: hourAgo(6), id: '3' },
  { type: 'flag_changed', flag: 'new-checkout', variant: 'on', time: hourAgo(5.5), id: '4' },
  {
    type: 'change_rolled_back',
    service,
    change: 'acme/shop#1',
    cause: 'automatic',
    time: hourAgo(5),
    id: '5',
  },
  { type: 'change_exposed', service, change: 'acme/shop#1', rollout: 'again', time: hourAgo(4), id: '6' },
];

test('a number is followed from the scrape to its receipt, its change and its raw events', async () => {
  using folder = temporaryFolder();
  await using product = await startProduct({
    dataDir: join(folder.path, 'data'),
    env: { READ_TOKEN: token },
  });
  const headers = { authorization: `Bearer ${token}` };
  const get = (path: string) => product.get(path, headers);
  expect((await product.post(events)).status).toBe(202);
  const series = 'dora_change_failure_ratio{service="checkout",team="",environment="production",window="7d"}';
  await expect.poll(() => shown({ get }, series), { timeout: 20_000 }).toBe(0.5);

  const query = `metric=dora_change_failure_ratio&service=${service}&window=7d`;
  for (const path of [
    `/api/v1/receipts?${query}`,
    `/receipts?${query}`,
    '/changes/a/b',
    '/api/v1/changes/a/b',
  ])
    expect((await product.get(path)).status).toBe(401);
  const receipt: Receipt = JSON.parse((await get(`/api/v1/receipts?${query}`)).text);
  expect(receipt).toMatchObject({
    value: 0.5,
    way: 'ratio',
    parts: [
      { part: 'numerator', count: 1 },
      { part: 'denominator', count: 2 },
    ],
  });
  expect(receipt.counted?.items.map(({ part, at }) => [part, at])).toEqual([
    ['denominator', hourOf('6')],
    ['numerator', hourOf('5')],
    ['denominator', hourOf('3')],
  ]);

  const page = (await get(`/receipts?${query}`)).text;
  const link = /href="(\/changes\/[^"]+)"/.exec(page)?.[1] ?? '';
  const story = await get(link);
  expect(story.status).toBe(200);
  expect(story.text).toContain('&lt;Faster&gt; checkout');
  expect(story.text).toContain('new-checkout');
  expect(story.text).toContain('contained');

  const printed = await firstlight(
    ['receipts', 'lead_time_seconds', '--service', service, '--url', product.url],
    {
      FIRSTLIGHT_TOKEN: token,
    },
  );
  expect(printed.status, printed.stderr).toBe(0);
  expect(printed.stdout).toContain('Lead time, median: 2 h');
  expect(printed.stdout).toContain('change acme/shop#1');
  const unknown = await firstlight(['receipts', 'velocity', '--url', product.url], {
    FIRSTLIGHT_TOKEN: token,
  });
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toContain('change_failure_ratio');
});

function hourOf(id: string): string {
  return events.find(event => event.id === id)?.time ?? '';
}

test('receipts and stories are accessible, in light and dark, on narrow and wide screens', async () => {
  using folder = temporaryFolder();
  await using product = await startProduct({ dataDir: join(folder.path, 'data') });
  expect((await product.post(events)).status).toBe(202);
  const series = 'dora_change_failure_ratio{service="checkout",team="",environment="production",window="7d"}';
  await expect.poll(() => shown(product, series), { timeout: 20_000 }).toBe(0.5);

  const browser = await openBrowser();
  try {
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [390, 2560]) {
        const page = await browser.newPage({
          viewport: { width, height: 900 },
          colorScheme,
          bypassCSP: true,
        });
        for (const path of [
          '/receipts?metric=change_failure_ratio&window=7d',
          `/changes/${service}/${encodeURIComponent('acme/shop#1')}`,
        ]) {
          expect((await page.goto(product.url + path))?.status()).toBe(200);
          expect(await seriousViolations(page)).toEqual([]);
          const sideways = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect(sideways).toBeLessThanOrEqual(0);
        }
        await page.close();
      }
  } finally {
    await browser.close();
  }
});
