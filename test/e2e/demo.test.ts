import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shown } from '../support/histories/shown.ts';
import { type Product, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const program = ['npm', 'run', 'demo', '--', '--services', '8', '--weeks', '8'] as const;
const complete = async (product: Product) =>
  expect.poll(() => product.output(), { timeout: 120_000, interval: 200 }).toContain('company is complete');

const fleet = (product: Product, name: string, more = '') =>
  shown(product, `dora_fleet_${name}{environment="production",window="90d"${more}}`);
const accepted = async (product: Product, type: string) =>
  (await shown(product, `firstlight_events_accepted_total{source="events",type="${type}"}`)) ?? 0;

test('the demo stores its story, labels every page, and continues after a restart', async () => {
  using folder = temporaryFolder();
  let exposed: number;
  {
    await using demo = await startProduct({ dataDir: folder.path, program });
    expect(demo.output()).toContain(join(folder.path, 'demo'));
    await complete(demo);

    for (const path of ['/', '/?service=checkout', '/?team=search&weeks=26', '/?weeks=none']) {
      const page = await demo.get(path);
      expect(page.text).toContain('Sample data: an invented company');
      expect(page.text).toContain('<title>Sample: ');
    }
    expect((await demo.get('/')).text).toContain('checkout');

    await expect.poll(() => fleet(demo, 'exposed_changes'), { timeout: 20_000 }).toBeGreaterThan(200);
    expect(await fleet(demo, 'change_failure_ratio')).toBeGreaterThan(0.03);
    expect(await fleet(demo, 'lead_time_samples')).toBeGreaterThan(200);
    expect(await fleet(demo, 'time_to_restore_samples')).toBeGreaterThan(10);

    // Live changes are exposed, and one of the first is rolled back.
    const before = (await fleet(demo, 'exposed_changes')) ?? 0;
    await expect.poll(() => accepted(demo, 'change_rolled_back'), { timeout: 60_000 }).toBeGreaterThan(0);
    await expect.poll(() => fleet(demo, 'exposed_changes'), { timeout: 60_000 }).toBeGreaterThan(before);
    exposed = (await fleet(demo, 'exposed_changes')) ?? 0;
    await demo.stop();
    expect(demo.output()).toContain('stopped');
  }
  {
    await using demo = await startProduct({ dataDir: folder.path, program: ['npm', 'run', 'demo'] });
    await complete(demo);
    await expect.poll(() => fleet(demo, 'exposed_changes')).toBeGreaterThanOrEqual(exposed);
    expect(await fleet(demo, 'exposed_changes')).toBeLessThan(exposed + 60);
  }
  {
    // `npm start` uses another database.
    await using real = await startProduct({ dataDir: folder.path });
    expect(await fleet(real, 'exposed_changes')).toBeNull();
    expect((await real.get('/')).text).not.toContain('Sample');
  }
});
