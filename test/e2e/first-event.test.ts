import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Product, runShellLine, startProduct, temporaryFolder } from '../support/product/standalone.ts';

const folder = temporaryFolder();
let product: Product;

beforeAll(async () => {
  product = await startProduct({ dataDir: join(folder.path, 'data') });
  // Makes curl print the status too, without a change of the printed line.
  writeFileSync(join(folder.path, '.curlrc'), 'silent\nwrite-out = "\\n%{http_code}"\n');
});
afterAll(async () => {
  await product.stop();
  folder[Symbol.dispose]();
});

const pasted = async (line: string) => (await runShellLine(line, { CURL_HOME: folder.path })).stdout.trim();
const series = async (name: string) => {
  const { text } = await product.get('/metrics');
  return text.split('\n').filter(line => line.startsWith(`${name}{`));
};
const exposedIn7Days = (service: string) =>
  expect
    .poll(() => series('dora_exposed_changes'), { timeout: 10_000 })
    .toContainEqual(expect.stringMatching(new RegExp(`service="${service}".*window="7d"} 1$`)));

/** The commands on the page, as a browser copies them. */
function commandsOn(page: string): string[] {
  return [...page.matchAll(/<pre><code>(.*?)<\/code><\/pre>/gs)].map(([, html = '']) =>
    html
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&'),
  );
}

test('the terminal names the page, the metrics and the folder of the data', async () => {
  const said = product.output();
  expect(said).toContain(`${product.url}/\n`);
  expect(said).toContain(`${product.url}/metrics\n`);
  expect(said).toContain(join(folder.path, 'data'));
  expect((await product.get('/readyz')).status).toBe(200);
  expect((await product.get('/livez')).status).toBe(200);
});

test('the page without data shows commands that work when they are pasted', async () => {
  const page = await product.get('/');
  expect(page.status).toBe(200);
  expect(page.text).toContain('Nothing has been exposed yet');
  const commands = commandsOn(page.text);
  const curl = commands.find(command => command.startsWith('curl ')) ?? '';
  const emit = commands.find(command => command.startsWith('npx firstlight emit ')) ?? '';
  expect(await pasted(curl)).toBe('{"accepted":2}\n202');
  await exposedIn7Days('checkout');
  expect(await series('dora_lead_time_samples')).toContainEqual(
    expect.stringMatching(/service="checkout".*window="7d"} 1$/),
  );
  // The same change to all traffic is the same rollout.
  expect(await pasted(emit)).toMatch(/^accepted change_exposed \S+$/);
  await expect
    .poll(() => series('dora_stage_seconds'), { timeout: 10_000 })
    .toContainEqual(expect.stringContaining('stage="exposed_to_full"'));
  await exposedIn7Days('checkout');
});

test('the curl line of the terminal works when it is pasted, and its numbers appear', async () => {
  const curl = /^ *(curl .*)$/m.exec(product.output())?.[1] ?? '';
  const other = curl.replace('"checkout"', '"from-the-terminal"');
  expect(await pasted(curl)).toBe('{"accepted":1}\n202');
  expect(await pasted(other)).toBe('{"accepted":1}\n202');
  await exposedIn7Days('from-the-terminal');
  const page = await product.get('/');
  expect(page.text).not.toContain('Nothing has been exposed yet');
  expect(page.text).toContain('from-the-terminal');
});

test('it becomes ready again with the same numbers', async () => {
  await product.stop();
  product = await startProduct({ dataDir: join(folder.path, 'data') });
  await exposedIn7Days('from-the-terminal');
});
