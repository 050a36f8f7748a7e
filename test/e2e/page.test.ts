import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SentEvent } from '../../domain/events/event.ts';
import { openBrowser, seriousViolations } from '../support/product/browser.ts';
import { type Product, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const folder = temporaryFolder();
const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
const services = 500;
const hostile = '<b>"O\'Hara" & שלום 🚀</b>';
let product: Product;
let browser: Browser;

beforeAll(async () => {
  product = await startProduct({ dataDir: join(folder.path, 'data'), through: 'node' });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  folder[Symbol.dispose]();
});

/** Opens a page of the product, and collects every further request that it makes. */
async function open(path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const others: string[] = [];
  page.on('request', request => {
    if (request.resourceType() !== 'document') others.push(request.url());
  });
  const answer = await page.goto(product.url + path);
  return { page, others, status: answer?.status() };
}

const iso = (at: number) => new Date(at).toISOString();

/** One rollout in each of 12 weeks, the newest in the last full week; every fifth is rolled back. */
function history(service: string, team: string, index: number): SentEvent[] {
  const now = Date.now();
  return Array.from({ length: 12 }, (_, week): SentEvent[] => {
    const exposed = now - (12 - week) * weekMs + (index % 50) * 60_000;
    const about = { service, team, change: `c${week}` };
    const events: SentEvent[] = [
      { type: 'change_merged', time: iso(exposed - (14 - week) * hourMs), ...about },
      { type: 'change_exposed', time: iso(exposed), weight: 10, strategy: 'canary', ...about },
    ];
    if ((week + index) % 5 === 0)
      return [
        ...events,
        { type: 'change_rolled_back', time: iso(exposed + hourMs), cause: 'automatic', ...about },
      ];
    return [...events, { type: 'change_exposed', time: iso(exposed + hourMs), weight: 100, ...about }];
  }).flat();
}

async function send(events: readonly SentEvent[]): Promise<void> {
  for (let i = 0; i < events.length; i += 4_000)
    expect((await product.post(events.slice(i, i + 4_000))).status).toBe(202);
}

const services500 = () =>
  Array.from({ length: services - 2 }, (_, i) => history(`service-${i}`, `team-${i % 7}`, i)).flat();

async function shows(path: string, text: string): Promise<void> {
  await expect.poll(async () => (await product.get(path)).text, { timeout: 60_000 }).toContain(text);
}

const schemes = ['light', 'dark'] as const;
const widths = [390, 1440, 2560] as const;

async function expectAccessible(path: string): Promise<void> {
  for (const colorScheme of schemes) {
    const { page } = await open(path, { colorScheme, bypassCSP: true });
    expect(await seriousViolations(page), `${path} in ${colorScheme}`).toEqual([]);
    await page.context().close();
  }
}

async function expectToFit(path: string): Promise<void> {
  for (const width of widths) {
    const { page, others } = await open(path, { viewport: { width, height: 1000 } });
    const needed = await page.evaluate('document.documentElement.scrollWidth');
    expect(Number(needed), `${path} at ${width}`).toBeLessThanOrEqual(width);
    expect(others).toEqual([]);
    await page.context().close();
  }
}

const names = (page: Page) => page.locator('table.services tbody th > a').allTextContents();

// The order matters: each test has the events of the tests before it.
describe('the weekly page in a browser', () => {
  test('with no data', async () => {
    const { page, status } = await open('/');
    expect(status).toBe(200);
    expect(await page.locator('h1').textContent()).toBe('Nothing has been exposed yet');
    await expectAccessible('/');
    await expectToFit('/');
  });

  test('with little data: a dash without a value, a hostile name, no conclusion', async () => {
    await send(history(hostile, hostile, 3).slice(-2));
    await shows('/', 'O&#39;Hara');
    const { page } = await open('/');
    await expect(page.locator('[data-metric=time_to_restore_seconds] .big').textContent()).resolves.toBe('–');
    expect(await page.locator('table.services th bdi').first().textContent()).toBe(hostile);
    await expectAccessible('/');
    await expectToFit('/');
  });

  test('with 500 services: the numbers, in every width and scheme', async () => {
    await send([...history('checkout', 'payments', 0), ...services500()]);
    await shows('/', `of ${services} services`);
    const { page } = await open('/');
    expect(await page.locator('.cards > li').count()).toBe(6);
    expect(await page.locator('.cards svg[role=img] > title').count()).toBe(6);
    expect(await page.locator('#saved').count()).toBe(1);
    await expectAccessible('/');
    await expectToFit('/');
    await expectAccessible('/?service=checkout&weeks=26');
  });

  test('its filters and its order are links and forms, and are part of the address', async () => {
    const { page } = await open('/?weeks=26');
    await page.getByRole('searchbox').fill('checkout');
    await page.getByRole('button', { name: 'Filter' }).click();
    expect(await names(page)).toEqual(['checkout']);
    await page.getByRole('link', { name: 'Show all' }).click();
    await page.getByRole('columnheader', { name: 'Service' }).getByRole('link').click();
    expect((await names(page))[1]).toBe('checkout');
    expect(new URL(page.url()).searchParams.get('weeks')).toBe('26');
    await page.getByRole('link', { name: 'Next' }).click();
    expect(await page.locator('.pager').textContent()).toContain('Page 2 of 10');
    await page.locator('select[name=team]').selectOption('team-3');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    expect(await page.locator('h1').textContent()).toBe('Team team-3');
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toMatchObject({ weeks: '26', team: 'team-3' });
  });

  test('a point leads to its receipts, by mouse from the chart and by keyboard from the table', async () => {
    const { page } = await open('/?service=checkout');
    const point = page.locator('[data-metric=lead_time_seconds] .points a').last();
    const href = await point.getAttribute('href');
    await point.click();
    expect(new URL(page.url()).pathname).toBe('/receipts');
    expect(await page.locator('body').textContent()).toContain('checkout');
    await page.goBack();
    const same = page.locator(`table.weeks a[href="${href}"]`);
    await same.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/receipts?**');
  });

  test('prints on A4 with charts and tables, and without the controls for the screen', async () => {
    const { page } = await open('/?service=checkout');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav').first().isVisible()).toBe(false);
    expect(await page.locator('table.weeks thead').isVisible()).toBe(true);
    expect(await page.locator('.cards svg').first().isVisible()).toBe(true);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThanOrEqual(2);
    expect(pages).toBeLessThanOrEqual(4);
    // A4 in points
    expect(pdf).toMatch(/\/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]/);
  });

  test('works in the same way without JavaScript', async () => {
    const { page } = await open('/', { javaScriptEnabled: false });
    await page.getByRole('searchbox').fill('checkout');
    await page.getByRole('button', { name: 'Filter' }).click();
    expect(await names(page)).toEqual(['checkout']);
  });
});
