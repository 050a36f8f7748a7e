import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { shown } from '../support/histories/shown.ts';
import { runShellLine, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const services = 'services: [{ name: checkout, team: payments, aliases: tracker-7 }]\n';
const mappings = `mappings:
  tracker:
    incident: /key
    status: /state
    detected: open
    resolved: done
    service: /project
    detectedAt: /at
`;
const ticket = (key: string) => ({ key, state: 'open', project: 'tracker-7', at: '2026-11-20T09:00:00Z' });

test('an unmappable webhook is kept, and replayed once the catalogue can map it', async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder[Symbol.dispose]());
  const catalogue = join(folder.path, 'services.yaml');
  writeFileSync(catalogue, services);
  const dataDir = join(folder.path, 'data');
  const options = { dataDir, env: { SERVICES_FILE: catalogue } };
  const replay = (...args: readonly string[]) =>
    runShellLine(`npx firstlight replay ${args.join(' ')}`, { DATA_DIR: dataDir, SERVICES_FILE: catalogue });
  const open = 'dora_open_incidents{service="checkout",team="payments",environment="production"}';
  const dead = 'firstlight_dead_letters_total{source="alerts",reason="unmappable"}';

  {
    await using product = await startProduct(options);
    const send = (key: string) =>
      fetch(`${product.url}/v1/webhooks/alerts?mapping=tracker`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(ticket(key)),
      });
    const answer = await send('T-1');
    expect([answer.status, await answer.json()]).toEqual([202, { accepted: 0 }]);
    expect(await shown(product, dead)).toBe(1);
    expect((await product.get('/metrics')).text).not.toContain('dora_open_incidents{');

    // The running product reads the new version of the file.
    writeFileSync(catalogue, services + mappings);
    await expect
      .poll(async () => (await send('T-2')).json(), { timeout: 30_000, interval: 500 })
      .toEqual({
        accepted: 1,
      });
    await expect.poll(() => shown(product, open), { timeout: 30_000 }).toBe(1);
  }

  const listed = await replay('--dry-run');
  expect(listed.stdout).toMatch(/unmappable {2}webhook alerts {2}\d+ bytes {2}There is no mapping tracker/);
  expect((await replay()).stderr).toMatch(/^[1-9]\d* dead letters were sent again$/m);
  expect((await replay()).stderr).toMatch(/^0 dead letters were sent again$/m);

  await using product = await startProduct(options);
  await expect.poll(() => shown(product, open), { timeout: 30_000 }).toBe(2);
});
